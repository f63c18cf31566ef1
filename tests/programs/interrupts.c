/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin ldflags: -pthread -Lbuild/tests -lbump -Wl,-rpath,$ORIGIN */
/*
 * interrupts HOW [N]: signal handlers that allocate, by an allocator that may be interrupted (bump.so.c), so that they meet
 * every place of memtrace's own; N signals at least.
 * timer (10 kHz), nested (a handler interrupted by another one), altstack (on the smallest stack that a handler may have and
 * 6 KiB, an unmapped page below it), storm (threads that send each other signals), profile (a handler that takes a backtrace,
 * as profilers do), escape (a handler that leaves by siglongjmp), masked (all signals blocked meanwhile: none is lost or made up), broken
 * (writes into a pipe that nobody reads, which ends it), stopped (and continued by a child, again and again).
 */
#include <execinfo.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include "world.h"

enum { HANDLER_NEEDS = 6144, THREADS = 4 };

static volatile int ticks;
static long wanted;

static void pair(size_t size)
{
	GONE(size, free(MADE(size, malloc(size))));
}

static void some(int n)
{
	for (int i = 0; i < n; i++) {
		void *block = MADE(16 + i, malloc(16 + i));

		block = MOVED(16 + i, 40 + i, realloc(block, 40 + i));
		GONE(40 + i, free(block));
	}
}

static void on_tick(int signal)
{
	int saved = errno;

	(void)signal;
	__atomic_add_fetch(&ticks, 1, __ATOMIC_RELAXED);
	pair(100);
	(void)MADE(7, malloc(7));
	errno = saved;
}

static void handle(int signal, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART | flags };

	sigaction(signal, &action, NULL);
}

static void tick(int which, int microseconds)
{
	struct itimerval often = { { 0, microseconds }, { 0, microseconds } };

	setitimer(which, &often, NULL);
}

/* Till there were enough. */
static void be_interrupted(int which)
{
	tick(which, 100);
	while (ticks < wanted)
		some(50);
	tick(which, 0);
}

static void run_timer(void)
{
	handle(SIGALRM, on_tick, 0);
	be_interrupted(ITIMER_REAL);
}

static void on_outer(int signal)
{
	on_tick(signal);
	if (ticks % 4 == 0)
		raise(SIGUSR1);
	some(3);
}

static void run_nested(void)
{
	handle(SIGALRM, on_outer, 0);
	handle(SIGVTALRM, on_tick, 0);
	handle(SIGUSR1, on_tick, 0);
	tick(ITIMER_VIRTUAL, 130);
	be_interrupted(ITIMER_REAL);
	tick(ITIMER_VIRTUAL, 0);
}

static void run_altstack(void)
{
	size_t page = 4096, size = (getauxval(AT_MINSIGSTKSZ) + HANDLER_NEEDS + 15) & -16ul;
	size_t whole = (size + page - 1) / page * page;
	char *room = mmap(NULL, page + whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	stack_t stack = { .ss_sp = room + page, .ss_size = size };

	truth_made(page + whole);
	mprotect(room + page, whole, PROT_READ | PROT_WRITE);
	sigaltstack(&stack, NULL);
	handle(SIGALRM, on_tick, SA_ONSTACK);
	be_interrupted(ITIMER_REAL);
}

static pthread_t threads[THREADS];
static pthread_barrier_t barrier;

static void *be_sent_to(void *argument)
{
	pthread_barrier_wait(&barrier);
	for (long i = 0; i < wanted; i++) {
		some(5);
		pthread_kill(threads[((long)argument + i) % THREADS], i % 2 ? SIGUSR1 : SIGUSR2);
	}
	pthread_barrier_wait(&barrier);
	return NULL;
}

static void run_storm(void)
{
	handle(SIGUSR1, on_tick, 0);
	handle(SIGUSR2, on_tick, 0);
	pthread_barrier_init(&barrier, NULL, THREADS + 1);
	for (long i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, be_sent_to, (void *)i);
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static volatile int shallow;

static void on_profile(int signal)
{
	void *frames[64];
	int saved = errno;

	(void)signal;
	ticks++;
	shallow += backtrace(frames, 64) < 6; /* this one, the trampoline, what was interrupted, main and what called it: at least */
	errno = saved;
}

static void run_profile(void)
{
	void *frames[4];

	backtrace(frames, 4); /* the first one loads a library */
	/* Of real time: that of the processor is counted coarsely. */
	handle(SIGALRM, on_profile, 0);
	be_interrupted(ITIMER_REAL);
	SAY("a stack was cut: %s\n", shallow ? "yes" : "no");
}

static sigjmp_buf back;

static void on_escape(int signal)
{
	(void)signal;
	ticks++;
	pair(33);
	siglongjmp(back, 1);
}

/* One at a time, later and later: or else they could come faster than they are left, one on top of the other. */
static void run_escape(void)
{
	handle(SIGALRM, on_escape, 0);
	while (ticks < wanted)
		if (!sigsetjmp(back, 1)) {
			struct itimerval once = { { 0, 0 }, { 0, 50 + ticks % 50 } };

			setitimer(ITIMER_REAL, &once, NULL);
			for (;;)
				some(50);
		}
}

static void run_masked(void)
{
	sigset_t all, waiting;

	handle(SIGUSR1, on_tick, 0);
	handle(SIGPIPE, on_tick, 0);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	raise(SIGPIPE);
	raise(SIGUSR1);
	some(20000);
	sigpending(&waiting);
	for (int i = 1; i < 65; i++)
		if (sigismember(&waiting, i))
			SAY("signal %d waits\n", i);
	world_say_signals();
	sigprocmask(SIG_UNBLOCK, &all, NULL);
	SAY("%d came\n", ticks);
}

static void say_write(const char *how, int fd)
{
	ssize_t written;

	errno = 0;
	written = write(fd, "x", 1);
	SAY("%s: write gives %zd, errno %d, %d signals\n", how, written, errno, ticks);
}

static void run_broken(void)
{
	int ends[2];

	if (pipe(ends))
		_exit(3);
	close(ends[0]);
	signal(SIGPIPE, SIG_IGN);
	some(1000);
	say_write("ignored", ends[1]);
	handle(SIGPIPE, on_tick, 0);
	some(1000);
	say_write("handled", ends[1]);
	signal(SIGPIPE, SIG_DFL);
	some(1000);
	truth.peak = -1;
	truth_write(NULL);
	say_write("neither", ends[1]);
}

/* Sends it on whenever it stands still, as long as it lives. */
static void continue_parent(pid_t parent)
{
	char path[64], text[512];

	snprintf(path, sizeof path, "/proc/%d/stat", parent);
	while (getppid() == parent) {
		int fd = open(path, O_RDONLY);
		ssize_t size = read(fd, text, sizeof text - 1);

		close(fd);
		text[size > 0 ? size : 0] = 0;
		if (strstr(text, ") T "))
			kill(parent, SIGCONT);
		usleep(1000);
	}
}

static void run_stopped(void)
{
	pid_t parent = getpid(), child = fork();

	if (child == 0) {
		continue_parent(parent);
		_exit(0);
	}
	handle(SIGCONT, on_tick, 0);
	for (int i = 0; i < 5; i++) {
		some(1000);
		raise(SIGSTOP);
	}
	SAY("continued %d times\n", ticks);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} hows[] = { { "timer", run_timer }, { "nested", run_nested }, { "altstack", run_altstack }, { "storm", run_storm },
		{ "profile", run_profile }, { "escape", run_escape }, { "masked", run_masked },
		{ "broken", run_broken }, { "stopped", run_stopped } };
	const char *how = argc > 1 ? argv[1] : "";

	wanted = truth_argument(argc, argv, 2, 1000);
	for (size_t i = 0; i < sizeof hows / sizeof *hows; i++)
		if (strcmp(how, hows[i].name) == 0) {
			hows[i].run();
			truth.peak = -1; /* handlers interrupt the account between a call and its count */
			truth_write(NULL);
			world_say();
			return 5;
		}
	return 2;
}
