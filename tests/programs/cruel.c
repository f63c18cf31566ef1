/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin ldflags: -pthread */
/*
 * cruel HOW: allocates in places and states that a tool easily forgets; its account is written before the world gets too small for
 * it. early (before any constructor), late (after exit's handlers), tls (a thread's destructors), closefrom, chroot, seccomp
 * (strict: every system call but read, write and _exit kills), raw_fork (no handler of libc runs), altstack (a handler on
 * the smallest stack), mask (all signals blocked), limit (no descriptor and no file size left).
 */
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "truth.h"

static const char *how = "";
static void *early;
static volatile int handled;

static int is(const char *name)
{
	return strcmp(how, name) == 0;
}

static void some(int n)
{
	for (int i = 1; i <= n; i++) {
		void *block = MADE(i, malloc(i));

		if (i % 3)
			GONE(i, free(block));
	}
}

static void before_all(int argc, char **argv, char **environment)
{
	(void)environment;
	if (argc > 1 && strcmp(argv[1], "early") == 0)
		early = MADE(321, malloc(321));
}
__attribute__((section(".preinit_array"), used)) static void (*const preinit)(int, char **, char **) = before_all;

static void at_the_very_end(void)
{
	some(50);
	truth_write(NULL);
}

static void tls_destructor(void *value)
{
	free(value);
	truth_gone(60);
	some(20);
}

static void *tls_thread(void *key)
{
	pthread_setspecific(*(pthread_key_t *)key, MADE(60, malloc(60)));
	return NULL;
}

static void on_signal(int signal)
{
	(void)signal;
	some(30);
	handled = 1;
}

static void run_altstack(void)
{
	static char stack[2048 + 6144] __attribute__((aligned(16))); /* MINSIGSTKSZ as it was, and what the handler itself needs */
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof stack };
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK };

	sigaltstack(&alternate, NULL);
	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
}

static void run_raw_fork(void)
{
	pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (child == 0) {
		some(1000);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	some(10);
}

static void run_limit(void)
{
	const struct rlimit none = { 0, 0 };

	truth.total_count += 1000;
	truth.total_size += 499500;
	if (truth.peak < truth.current + 999)
		truth.peak = truth.current + 999;
	truth_write(NULL); /* while files may be opened, of what is going to be */
	setrlimit(RLIMIT_NOFILE, &none);
	setrlimit(RLIMIT_FSIZE, &none);
	for (int i = 0; i < 1000; i++)
		free(malloc(i));
	_exit(17);
}

/* In strict mode nothing can be opened: the account is written before, of what is going to be. */
static void run_seccomp(void)
{
	truth.total_count += 100;
	truth.total_size += 5050;
	if (truth.peak < truth.current + 100)
		truth.peak = truth.current + 100;
	truth_write(NULL);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT))
		syscall(SYS_exit, 77);
	for (int i = 1; i <= 100; i++)
		free(malloc(i));
	syscall(SYS_exit, 17);
}

int main(int argc, char **argv)
{
	pthread_key_t key;
	pthread_t thread;
	sigset_t all;

	how = argc > 1 ? argv[1] : "";
	some(100);
	if (is("late")) {
		atexit(at_the_very_end);
		exit(17);
	} else if (is("tls")) {
		pthread_key_create(&key, tls_destructor);
		pthread_create(&thread, NULL, tls_thread, &key);
		pthread_join(thread, NULL);
		truth.peak = -1; /* the loader's block for the thread decides when it is */
	} else if (is("closefrom")) {
		closefrom(3);
		some(1000);
	} else if (is("chroot")) {
		mkdir("jail", 0755); /* $TRUTH, a relative name, is then found in it */
		if (chroot("jail") || chdir("/"))
			return 77;
		some(1000);
	} else if (is("seccomp")) {
		run_seccomp();
	} else if (is("raw_fork")) {
		run_raw_fork();
	} else if (is("altstack")) {
		run_altstack();
	} else if (is("mask")) {
		sigfillset(&all);
		sigprocmask(SIG_BLOCK, &all, NULL);
		some(1000);
	} else if (is("limit")) {
		run_limit();
	}
	if (early)
		GONE(321, free(early));
	truth_write(NULL);
	return 17;
}
