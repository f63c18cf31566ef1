/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One thread, one mutex. The thread has no lock while it asks and decodes. Signals are the other's: the terminal's change of size
 * must wake who draws.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/memory.h"
#include "cmd/live_feed.h"
#include "record/control.h"

struct live_feed {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int32_t pid;
	uint64_t interval_ns;
	int news; /* an eventfd */
	/* Under the lock. */
	struct live_picture next;
	enum live_news state;
	struct error err; /* of it */
	bool paused, hurry, ending, asking;
};

void live_picture_release(struct live_picture *picture)
{
	snapshot_free(picture->snapshot);
	buffer_free(&picture->body);
	memset(picture, 0, sizeof *picture);
}

/* A collector that answers, whatever it says, knows the process; one that does not may be busy. */
static enum live_news ask(int32_t pid, struct live_picture *picture, struct error *err)
{
	struct control_request request = {.verb = CONTROL_SNAPSHOT, .pid = pid};
	int32_t collector = 0;

	memset(picture, 0, sizeof *picture);
	if (control_ask(&request, &picture->body, &collector, err) == 0 &&
		(picture->snapshot = snapshot_decode(picture->body.data, picture->body.size, err)))
		return LIVE_GOOD;
	live_picture_release(picture);
	return collector || err->status == EXIT_MEMTRACE_FAILED ? LIVE_SILENT : LIVE_OVER;
}

/* Until it is time for the next one; the lock is held. */
static void wait_for_time(struct live_feed *feed, uint64_t due_ns)
{
	const struct timespec due = {(time_t)(due_ns / 1000000000), (long)(due_ns % 1000000000)};
	int late = 0;

	while (!feed->ending && !feed->hurry && (feed->paused || late != ETIMEDOUT))
		late = feed->paused ? pthread_cond_wait(&feed->changed, &feed->lock)
				    : pthread_cond_timedwait(&feed->changed, &feed->lock, &due);
	feed->hurry = false;
}

static void *run(void *data)
{
	struct live_feed *feed = data;
	uint64_t due_ns = clock_ns(CLOCK_MONOTONIC) + feed->interval_ns;

	pthread_mutex_lock(&feed->lock);
	for (;;) {
		struct live_picture picture;
		struct error err = ERROR_INIT;
		uint64_t before_ns, took_ns;
		enum live_news state;

		wait_for_time(feed, due_ns);
		if (feed->ending)
			break;
		feed->asking = true;
		pthread_mutex_unlock(&feed->lock);
		before_ns = clock_ns(CLOCK_MONOTONIC);
		state = ask(feed->pid, &picture, &err);
		took_ns = clock_ns(CLOCK_MONOTONIC) - before_ns;
		due_ns = before_ns + (feed->interval_ns > took_ns * 5 ? feed->interval_ns : took_ns * 5);
		if (state == LIVE_SILENT)
			due_ns = before_ns + took_ns + feed->interval_ns;
		pthread_mutex_lock(&feed->lock);
		feed->asking = false;
		feed->state = state;
		feed->err = err;
		if (state == LIVE_GOOD) {
			live_picture_release(&feed->next);
			feed->next = picture;
		}
		eventfd_write(feed->news, 1);
		if (state == LIVE_OVER)
			break;
	}
	pthread_mutex_unlock(&feed->lock);
	return NULL;
}

static int start_thread(struct live_feed *feed, struct error *err)
{
	pthread_condattr_t attributes;
	sigset_t all, old;
	int rc;

	pthread_mutex_init(&feed->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&feed->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&feed->thread, NULL, run, feed);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc)
		return error_status(err, EXIT_MEMTRACE_FAILED, "cannot start a thread: %s", strerror(rc));
	return 0;
}

struct live_feed *live_feed_start(int32_t pid, uint64_t interval_ns, struct live_picture *first, struct error *err)
{
	struct live_feed *feed;

	if (ask(pid, first, err) != LIVE_GOOD)
		return NULL;
	feed = xcalloc(1, sizeof *feed);
	feed->pid = pid;
	feed->interval_ns = interval_ns;
	feed->news = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (feed->news >= 0 && start_thread(feed, err) == 0)
		return feed;
	if (feed->news < 0)
		error_status(err, EXIT_MEMTRACE_FAILED, "cannot make an event: %s", strerror(errno));
	else
		close(feed->news);
	live_picture_release(first);
	free(feed);
	return NULL;
}

void live_feed_stop(struct live_feed *feed)
{
	bool asking;

	if (!feed)
		return;
	pthread_mutex_lock(&feed->lock);
	feed->ending = true;
	asking = feed->asking;
	pthread_cond_signal(&feed->changed);
	pthread_mutex_unlock(&feed->lock);
	if (asking) {
		pthread_detach(feed->thread);
		return;
	}
	pthread_join(feed->thread, NULL);
	live_picture_release(&feed->next);
	close(feed->news);
	free(feed);
}

int live_feed_fd(const struct live_feed *feed)
{
	return feed->news;
}

bool live_feed_take(struct live_feed *feed, struct live_picture *picture, enum live_news *news, struct error *err)
{
	eventfd_t ignored;
	bool fresh;

	eventfd_read(feed->news, &ignored);
	pthread_mutex_lock(&feed->lock);
	fresh = feed->next.snapshot != NULL;
	if (fresh) {
		live_picture_release(picture);
		*picture = feed->next;
		memset(&feed->next, 0, sizeof feed->next);
	}
	*news = feed->state;
	*err = feed->err;
	pthread_mutex_unlock(&feed->lock);
	return fresh;
}

void live_feed_pause(struct live_feed *feed, bool paused)
{
	pthread_mutex_lock(&feed->lock);
	feed->paused = paused;
	pthread_cond_signal(&feed->changed);
	pthread_mutex_unlock(&feed->lock);
}

void live_feed_hurry(struct live_feed *feed)
{
	pthread_mutex_lock(&feed->lock);
	feed->hurry = true;
	pthread_cond_signal(&feed->changed);
	pthread_mutex_unlock(&feed->lock);
}
