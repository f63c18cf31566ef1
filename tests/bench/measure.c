/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Starts a command and says, in one JSON object, what it took: seconds until its end, CPU time and
 * peak memory of it and of everything that it started. Descendants whose parent died are inherited
 * (a subreaper) and waited for, so nothing is missing from "everything".
 *
 * With -w the command is a tracer that starts the program in question. watch.so is then preloaded
 * into the tracer alone; it tells through a pipe whom the tracer starts and what the kernel said of
 * each at its end. That is the only exact way to the program's own CPU time: it is neither a child
 * of ours nor worth a millisecond of polling. Ends are seen here, by pidfd, since a busy tracer
 * sees them late.
 *
 *   measure [-t SECONDS] [-m MIB] [-s FILE] [-w WATCH.so | -p LIBRARY.so] -- COMMAND [ARGUMENT…]
 *
 * -t: kills all of it after so long. -m: the address space that each process may have. -s: where
 * the command's stdout goes, else nowhere. -p: a library to preload. Times are in nanoseconds of
 * CLOCK_MONOTONIC, memory in KiB. A tiny program in C, because peak memory starts with that of who
 * calls exec.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STARTED_MAX = 64, TOLD_MAX = 1 << 20 };

/* Whom the tracer has started, and when its end was seen. */
static struct started {
	pid_t pid;
	int fd;
	uint64_t ended_ns;
} started[STARTED_MAX];
static int n_started;
static char told[TOLD_MAX];
static size_t told_size;
static volatile sig_atomic_t interrupted;

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "measure: %s: %s\n", what, strerror(errno));
	exit(125);
}

static uint64_t cpu_ns(const struct rusage *usage)
{
	return (uint64_t)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000000 +
	       (uint64_t)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) * 1000;
}

/* The command has a group of its own, which no terminal's Ctrl-C reaches. */
static void on_interrupt(int number)
{
	interrupted = number;
}

static pid_t start(char **command, const char *preload, const char *out, int told_fd)
{
	pid_t pid = fork();
	char number[16];

	if (pid < 0)
		fail("fork");
	if (pid)
		return pid;
	setpgid(0, 0);
	dup2(open("/dev/null", O_RDONLY), 0);
	dup2(open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
	if (told_fd >= 0) {
		snprintf(number, sizeof number, "%d", fcntl(told_fd, F_DUPFD, 200));
		setenv("BENCH_WATCH", number, 1);
	}
	if (preload)
		setenv("LD_PRELOAD", preload, 1);
	execvp(command[0], command);
	fail(command[0]);
}

/* Takes what watch.so says; "fork PID" is acted on at once. */
static void listen(int fd)
{
	ssize_t got = read(fd, told + told_size, TOLD_MAX - 1 - told_size);
	char *line = told + told_size;
	int pid;

	if (got <= 0)
		return;
	told_size += (size_t)got;
	told[told_size] = 0;
	for (; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL)
		if (sscanf(line, "fork %d\n", &pid) == 1 && n_started < STARTED_MAX)
			started[n_started++] =
				(struct started){pid, (int)syscall(SYS_pidfd_open, pid, 0), 0};
}

/* Until the command itself has ended, or the time is over. */
static int await_end(int own_fd, int told_fd, uint64_t deadline_ns)
{
	struct pollfd fds[STARTED_MAX + 2];

	for (;;) {
		uint64_t now = now_ns();

		fds[0] = (struct pollfd){own_fd, POLLIN, 0};
		fds[1] = (struct pollfd){told_fd, POLLIN, 0};
		for (int i = 0; i < n_started; i++)
			fds[i + 2] = (struct pollfd){
				started[i].ended_ns ? -1 : started[i].fd, POLLIN, 0};
		if (now >= deadline_ns || interrupted)
			return -1;
		if (poll(fds, (nfds_t)n_started + 2, (int)((deadline_ns - now) / 1000000 + 1)) <= 0)
			continue;
		now = now_ns();
		for (int i = 0, count = n_started; i < count; i++)
			if (fds[i + 2].revents)
				started[i].ended_ns = now;
		if (fds[1].revents)
			listen(told_fd);
		if (fds[0].revents)
			return 0;
	}
}

/* Whoever is left after a time-out: the group, and what has left it but was inherited. */
static void kill_all(pid_t pid)
{
	FILE *children = fopen("/proc/thread-self/children", "r");
	int child;

	kill(-pid, SIGKILL);
	while (children && fscanf(children, "%d", &child) == 1)
		kill(child, SIGKILL);
	if (children)
		fclose(children);
}

static void print_told(void)
{
	char *save = NULL, comm[64];
	const char *separator = "";
	long pid, cpu, rss, status, own_cpu;

	printf(", \"children\": [");
	for (char *line = strtok_r(told, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		uint64_t ended = 0;

		if (sscanf(line, "end %ld %ld %ld %ld %ld %63[^\n]", &pid, &cpu, &rss, &status,
			    &own_cpu, comm) == 6) {
			for (int i = 0; i < n_started; i++)
				if (started[i].pid == pid)
					ended = started[i].ended_ns;
			printf("%s{\"pid\": %ld, \"comm\": \"%s\", \"cpu_ns\": %ld, \"rss_kib\": "
			       "%ld, "
			       "\"status\": %ld, \"tracer_cpu_ns\": %ld, \"ended_ns\": %lu}",
				separator, pid, comm, cpu, rss, status, own_cpu, ended);
			separator = ", ";
		}
	}
	printf("]");
}

/* The tracer's last words are looked for before print_told() cuts the text into lines. */
static void print_tracer(void)
{
	char *line = strstr(told, "self ");
	long cpu = 0, rss = 0;
	unsigned long bytes = 0;

	if (line && sscanf(line, "self %ld %ld %lu", &cpu, &rss, &bytes) == 3)
		printf(", \"tracer\": {\"cpu_ns\": %ld, \"rss_kib\": %ld, \"ring_bytes\": %lu}",
			cpu, rss, bytes);
}

/* Waits for everybody; kills them first if it is LATE. Returns the command's status. */
static int reap_all(pid_t command, bool late)
{
	int status, result = 0;
	pid_t pid;

	for (;;) {
		if (late)
			kill_all(command);
		pid = waitpid(-1, &status, 0);
		if (pid == command)
			result = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
		if (pid < 0 && errno == ECHILD)
			return result;
	}
}

static void print_result(int status, bool late, uint64_t start_ns, uint64_t end_ns)
{
	struct rusage all;

	getrusage(RUSAGE_CHILDREN, &all);
	printf("{\"status\": %d, \"late\": %s, \"start_ns\": %lu, \"end_ns\": %lu", status,
		late ? "true" : "false", start_ns, end_ns);
	printf(", \"cpu_ns\": %lu, \"rss_kib\": %ld", cpu_ns(&all), all.ru_maxrss);
	print_tracer();
	print_told();
	printf("}\n");
}

/* Ours too: we stay far below it, and what we start inherits it. */
static void limit_memory(rlim_t bytes)
{
	setrlimit(RLIMIT_AS, &(struct rlimit){bytes, bytes});
}

int main(int argc, char **argv)
{
	const char *preload = NULL, *out = "/dev/null";
	int pipe_ends[2], option, status;
	bool watched = false, late;
	uint64_t start_ns, end_ns;
	double limit_s = 1e6;
	pid_t pid;

	while ((option = getopt(argc, argv, "+t:m:s:w:p:")) != -1) {
		if (option == 't')
			limit_s = atof(optarg);
		else if (option == 'm')
			limit_memory(strtoull(optarg, NULL, 10) << 20);
		else if (option == 's')
			out = optarg;
		else if (option == 'w' || option == 'p')
			preload = optarg;
		else
			return 2;
		watched |= option == 'w';
	}
	if (optind >= argc)
		return 2;
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 || pipe2(pipe_ends, O_CLOEXEC) < 0)
		fail("cannot prepare");
	fcntl(pipe_ends[0], F_SETFL, O_NONBLOCK);
	sigaction(SIGINT, &(struct sigaction){.sa_handler = on_interrupt}, NULL);
	sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_interrupt}, NULL);
	start_ns = now_ns();
	pid = start(argv + optind, preload, out, watched ? pipe_ends[1] : -1);
	late = await_end((int)syscall(SYS_pidfd_open, pid, 0), pipe_ends[0],
		       start_ns + (uint64_t)(limit_s * 1e9)) < 0;
	end_ns = now_ns();
	status = reap_all(pid, late);
	listen(pipe_ends[0]);
	print_result(status, late, start_ns, end_ns);
	return 0;
}
