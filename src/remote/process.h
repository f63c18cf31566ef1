/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A process held by ptrace: its threads are seized, stopped, looked at, and let go on.
 *
 * Nothing here changes the process: if the tracer dies at any moment, by SIGKILL too, the kernel lets all threads go on as they
 * would have. (No PTRACE_O_EXITKILL, no single steps, whose flag would stay and kill.) A signal that comes while a thread is
 * held is the program's: it is given to the thread when it goes on.
 *
 * A thread that is seized and runs stops by itself when a signal comes for it, and waits for us: so whoever holds a process must
 * not rest: process_serve, or a function that waits.
 */
#ifndef REMOTE_PROCESS_H
#define REMOTE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>
#include "base/error.h"
#include "base/memory.h"

enum thread_state {
	THREAD_RUNS,
	THREAD_STOPPED,     /* by us, on its way between kernel and program: registers may be changed, a call begin */
	THREAD_AT_SIGNAL,   /* one has come for it, `signal` */
	THREAD_AT_SYSCALL,  /* at the entry or the end of a system call */
	THREAD_IN_GROUP,    /* of threads that a job-control stop holds: it stays stopped without us, too */
	THREAD_GONE,
};

struct process_thread {
	pid_t tid;
	enum thread_state state;
	int signal;         /* that it is given when it goes on; 0: none */
	bool kept;          /* its end is somebody else's to wait for; to be set by the caller */
	bool released;      /* by process_release, which is at work */
};

struct process {
	pid_t pid;
	ARRAY(struct process_thread) threads; /* also those that have gone */
};

enum thread_pace { THREAD_FREELY, THREAD_BY_SYSCALL /* it stops at the next system call */ };

/* Seizes all threads of PID, which run on. -1: not one of them could be; nothing is held then. */
int process_seize(struct process *process, pid_t pid, struct error *err);
/* Stops all threads, also those that come meanwhile. -1: one did not stop within MS milliseconds (it sleeps in the kernel), or
 * cannot be traced, or the process has ended; then all run. */
int process_stop(struct process *process, unsigned int ms, struct error *err);
/* Lets all threads that are stopped go on. */
void process_go(struct process *process);
/* Gives signals that have come to threads that run. */
void process_serve(struct process *process);
/* Lets go of all threads, stopped or not, and forgets them; as soon as each can be, which may take seconds where processors are
 * rare. What cannot be let go of in 20 s, since it sleeps in the kernel, stays held until the caller ends. */
void process_release(struct process *process);
/* Lives there still one of its threads? */
bool process_lives(const struct process *process);

/* Stops one thread; false: it has gone, or does not stop within MS. */
bool thread_stop(struct process_thread *thread, unsigned int ms);
/* Waits for a stop of a thread that runs, MS at most; serves signals of other threads of PROCESS meanwhile. False: it runs on. */
bool thread_wait(struct process *process, struct process_thread *thread, unsigned int ms);
/* Rests for NS nanoseconds at most, until something stops; serves signals of others. */
void thread_look(struct process *process, struct process_thread *thread, unsigned long ns);
/* Lets a stopped one go on. */
void thread_go(struct process_thread *thread, enum thread_pace pace);

bool thread_registers(const struct process_thread *thread, struct user_regs_struct *registers);
bool thread_set_registers(const struct process_thread *thread, const struct user_regs_struct *registers);

#endif
