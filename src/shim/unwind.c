/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Walks from the hook's caller to the root over rows (rows.h): three registers and some two loads a
 * frame. As soon as a walk comes to a frame of the last one, and the memory that led on from there
 * is what it was, the rest is the same (trail.h): real programs unwind two to four frames for each
 * allocation and only compare the others.
 *
 * A frame's caller begins at the CFA, above the frame itself, on the same stack; only the frame of
 * a signal leads elsewhere, to whatever it interrupted. What a row cannot say, and what does not
 * hold this order, is asked of unwind_slow.c, for that one step; such a frame and those nearer to
 * the leaf are then not kept. Code without unwind information is passed by the frame pointer, if
 * that is one; else the walk is broken, and ends.
 *
 * Only the stack is read, and only where rows point: above the frame that they are of, and below
 * the top. But rows may lie, a register may hold anything, and where a stack that the program has
 * made ends nobody knows. So top is how far the stack is known to be there: page by page the kernel
 * is asked, once (trail.h keeps the answer), when a frame is about to reach beyond it.
 */
#include "shim/channel.h"
#include "shim/real.h"
#include "shim/rows.h"
#include "shim/shim.h"
#include "shim/sys.h"
#include "shim/unwind.h"
#include "shim/unwind_verify.h"

/* Above the frames of the first thread. ld.so's. */
extern void *__libc_stack_end;

struct walk {
	struct trail *trail;
	struct unwind_state at;
	uint64_t top;	 /* of the stack that at.rsp is on, as far as it may be read */
	bool interrupts; /* it is not that of the trail */
	uintptr_t hook;
	uint32_t left; /* frames of the last walk that may yet be met */
	uint32_t n_fresh;
	uint32_t unkept;      /* of the fresh ones, from the leaf on */
	uint64_t interrupted; /* rsp of the last frame that a signal interrupted */
};

enum { PAGE = 4096, FAR = 64 << 20 /* from one frame to the next */ };

/* A thread's own struct is at the top of its stack, a stack of the program's making lies anywhere
 * below. */
uint64_t unwind_top_of(uint64_t rsp)
{
	uint64_t self = thread_pointer();

	if (self > rsp)
		return self;
	return (uintptr_t)__libc_stack_end > rsp ? (uintptr_t)__libc_stack_end : UINT64_MAX;
}

static inline uint64_t page_up(uint64_t address)
{
	return (address + PAGE - 1) & -(uint64_t)PAGE;
}

/* From START, the beginning of a page, to END; how far it goes. */
static uint64_t readable_to(uint64_t start, uint64_t end)
{
	while (start < end && sys_is_readable((const void *)start))
		start += PAGE;
	return start;
}

/* The walk comes to RSP, on a stack that it has not read yet. FRESH: what lies below RSP is being
 * used. Behind a jail nobody can be asked, and the stack is believed. */
static __attribute__((noinline)) uint64_t find_top(struct walk *walk, uint64_t rsp, bool fresh)
{
	struct trail *trail = walk->trail;
	const uint64_t page = rsp & -(uint64_t)PAGE;

	if (channel.jail)
		return unwind_top_of(rsp);
	if (rsp < trail->proven_low && trail->proven_low - page <= FAR && !walk->interrupts &&
		readable_to(page_up(rsp), trail->proven_low) == trail->proven_low)
		trail->proven_low = page;
	if (rsp >= trail->proven_low && rsp <= trail->proven_high)
		return trail->proven_high;
	if (walk->interrupts)
		return fresh || sys_is_readable((const void *)rsp) ? page_up(rsp + 1) : rsp;
	trail->proven_low = page;
	trail->proven_high = page_up(rsp);
	return trail->proven_high;
}

/* Can all be read up to ADDRESS? */
static __attribute__((noinline)) bool extend(struct walk *walk, uint64_t address)
{
	const uint64_t most = unwind_top_of(walk->at.rsp);

	if (channel.jail)
		walk->top = most;
	if (address <= walk->top || address > most || address - walk->top > FAR)
		return address <= walk->top;
	walk->top = readable_to(walk->top, address);
	if (!walk->interrupts)
		walk->trail->proven_high = walk->top;
	return address <= walk->top;
}

static inline uint64_t load(uint64_t address)
{
	return *(const volatile uint64_t *)address;
}

static inline bool reaches(struct walk *walk, uint64_t address)
{
	return likely(address <= walk->top) || extend(walk, address);
}

static inline bool is_readable(struct walk *walk, uint64_t address)
{
	return address >= walk->at.rsp && address % 8 == 0 && address < UINT64_MAX - 8 &&
	       reaches(walk, address + 8);
}

/* May rbp lie there? In a frame that a signal interrupted, also below: see cfi.h. */
static inline bool is_readable_rbp(struct walk *walk, uint64_t address)
{
	if (likely(address >= walk->at.rsp) || walk->at.rsp != walk->interrupted)
		return is_readable(walk, address);
	return address + RED_ZONE >= walk->at.rsp && address % 8 == 0 &&
	       (channel.jail || sys_is_readable((const void *)address));
}

/* Is rbp a frame pointer, as far as the stack can tell (cfi_frame_row)? */
static bool is_frame_pointer(struct walk *walk)
{
	const uint64_t rbp = walk->at.rbp;
	struct dl_find_object object;
	uint64_t next;

	if (!is_readable(walk, rbp) || !is_readable(walk, rbp + 8))
		return false;
	next = load(rbp);
	return (next > rbp && next < unwind_top_of(rbp) && next % 8 == 0) ||
	       real_find_object((void *)(load(rbp + 8) - 1), &object) == 0;
}

/* The walk comes to a frame that a signal interrupted, perhaps on another stack. */
static void enter_interrupted(struct walk *walk, uint64_t rsp)
{
	walk->interrupts = true;
	walk->top = find_top(walk, rsp, false);
	walk->interrupted = rsp;
}

static bool leave_signal(struct walk *walk)
{
	uint64_t context = walk->at.rsp;

	if (!is_readable(walk, context) || !is_readable(walk, context + CONTEXT_RIP))
		return false;
	walk->at = (struct unwind_state){load(context + CONTEXT_RIP) + 1,
		load(context + CONTEXT_RSP), load(context + CONTEXT_RBP)};
	enter_interrupted(walk, walk->at.rsp);
	return true;
}

/* From a frame to its caller. False: the row does not say it. */
static bool step(struct walk *walk, uint32_t row)
{
	struct unwind_state *at = &walk->at;
	uint64_t cfa, place;

	switch (cfi_kind(row)) {
	case CFI_RSP:
		cfa = at->rsp + (uint64_t)cfi_offset(row);
		break;
	case CFI_RBP:
		cfa = at->rbp + (uint64_t)cfi_offset(row);
		break;
	case CFI_AT_RBP:
		place = at->rbp + (uint64_t)cfi_offset(row);
		if (!is_readable(walk, place))
			return false;
		cfa = load(place);
		break;
	case CFI_SIGNAL:
		return leave_signal(walk);
	case CFI_FRAME:
		if (!is_frame_pointer(walk))
			return false;
		cfa = at->rbp + (uint64_t)cfi_offset(row);
		break;
	default:
		return false;
	}
	if (unlikely(cfa <= at->rsp || cfa % 8 != 0 || !reaches(walk, cfa)))
		return false;
	if (cfi_rbp(row) != CFI_RBP_KEPT) {
		place = (cfi_rbp(row) == CFI_RBP_AT_CFA ? cfa : at->rbp) +
			(uint64_t)cfi_rbp_offset(row);
		if (unlikely(!is_readable_rbp(walk, place)))
			return false;
		at->rbp = load(place);
	}
	at->pc = load(cfa - 8);
	at->rsp = cfa;
	return true;
}

/* For one more frame. */
static inline bool has_room(const struct walk *walk)
{
	return likely(walk->left + walk->n_fresh < walk->trail->capacity) ||
	       trail_grow(walk->trail, walk->n_fresh);
}

static inline struct trail_frame *add(struct walk *walk)
{
	return &walk->trail->fresh[walk->n_fresh++];
}

/* The kept frame that the walk is at was met, but a cell beyond it has changed: those up to the
 * frame of that cell are as they were, the walk goes on from that one. Its rbp, and that of the
 * frames before it, may be out of date where it did not matter, and may matter now. There is room:
 * what is added here is taken away there. */
static struct trail_frame *reuse(struct walk *walk, uint32_t changed)
{
	struct trail_frame *frame = NULL;

	for (;;) {
		const struct trail_frame *old = &walk->trail->frames[walk->left - 1];
		bool last = walk->left < 2 || old[-1].cells < changed;

		frame = add(walk);
		walk->left--;
		*frame = *old;
		frame->rbp = walk->at.rbp;
		walk->at = (struct unwind_state){old->pc, old->rsp, frame->rbp};
		if (last)
			return frame;
		if (cfi_kind(old->row) == CFI_SIGNAL) {
			walk->at.rbp = old[-1].rbp;
			enter_interrupted(walk, old[-1].rsp);
		} else if (cfi_rbp(old->row) == CFI_RBP_AT_CFA)
			walk->at.rbp = load(old[-1].rsp + (uint64_t)cfi_rbp_offset(old->row));
		else if (cfi_rbp(old->row) == CFI_RBP_AT_RBP)
			walk->at.rbp = load(walk->at.rbp + (uint64_t)cfi_rbp_offset(old->row));
	}
}

/* What ROW, of the frame that the walk is at, could not say; the walk then is at its caller. */
static enum unwind_past pass_row(struct walk *walk, uint32_t row)
{
	enum unwind_past past;

	if (cfi_kind(row) == CFI_END)
		return UNWIND_END;
	/* Zero is the mark of the outermost frame (x86-64 psABI, "Initial Stack"). */
	if (cfi_kind(row) == CFI_FRAME)
		return walk->at.rbp == 0 ? UNWIND_END : UNWIND_BROKEN;
	unwind_verify_left(walk->at.pc, row);
	past = unwind_past(walk->hook, &walk->at);
	if (past == UNWIND_PAST) {
		walk->interrupts = true;
		walk->top = find_top(walk, walk->at.rsp, false);
	}
	return past;
}

/* The same of FRAME, the last one written down. False: the walk ends here. */
static bool pass(struct walk *walk, const struct trail_frame *frame)
{
	enum unwind_past past;

	/* What is refused by its value alone is refused again. */
	if (cfi_kind(frame->row) != CFI_END &&
		(cfi_kind(frame->row) != CFI_FRAME || is_readable(walk, walk->at.rbp)))
		walk->unkept = walk->n_fresh;
	past = pass_row(walk, frame->row);
	if (past == UNWIND_PAST)
		return true;
	walk->trail->broken = past != UNWIND_END;
	walk->left = 0;
	return false;
}

/* From FRAME, the last one written down, to its caller. False: the walk ends here. */
static __attribute__((noinline)) bool step_on(struct walk *walk, const struct trail_frame *frame)
{
	return step(walk, frame->row) || pass(walk, frame);
}

/* The walk is at a frame that was not met before, or at one that was met but for a cell of a frame
 * beyond it (CHANGED, not 0). Writes down one or more, and goes on to the caller of the last.
 * False: the walk ends here. */
static __attribute__((noinline)) bool turn(struct walk *walk, uint32_t changed)
{
	struct trail_frame *frame;

	if (unlikely(!has_room(walk))) {
		/* The old walk has to give way. */
		walk->left = changed = 0;
		walk->trail->broken = walk->n_fresh == walk->trail->capacity;
		if (walk->trail->broken)
			return false;
	}
	frame = changed ? reuse(walk, changed) : add(walk);
	if (!changed)
		*frame = (struct trail_frame){
			.pc = walk->at.pc,
			.rsp = walk->at.rsp,
			.rbp = walk->at.rbp,
			.row = walk->at.pc ? rows_get(walk->at.pc - 1) : (uint32_t)CFI_END,
		};
	return step_on(walk, frame);
}

/* As long as rows are of the two common kinds, with all of it in registers; what else there is
 * takes a turn. */
static inline void run(struct walk *walk)
{
	struct trail_frame *fresh = walk->trail->fresh, *kept = walk->trail->frames + walk->left;
	uint64_t pc = walk->at.pc, rsp = walk->at.rsp, rbp = walk->at.rbp, top = walk->top, cfa, at;
	uint32_t n_fresh = 0, changed, row;

	for (;;) {
		while (kept > walk->trail->frames && kept[-1].rsp < rsp)
			kept--;
		changed = 0;
		if (kept > walk->trail->frames && kept[-1].rsp == rsp && kept[-1].pc == pc &&
			(kept[-1].rbp == rbp || !kept[-1].live)) {
			changed = trail_changed(walk->trail, kept[-1].cells);
			if (likely(!changed))
				break;
		} else if (likely(pc) && likely((uint32_t)(kept - walk->trail->frames) + n_fresh <
						 walk->trail->capacity)) {
			row = rows_get(pc - 1);
			fresh[n_fresh].pc = pc;
			fresh[n_fresh].rsp = rsp;
			fresh[n_fresh].rbp = rbp;
			fresh[n_fresh].row = row;
			cfa = (cfi_kind(row) == CFI_RSP ? rsp : rbp) + (uint64_t)cfi_offset(row);
			at = cfa + (uint64_t)cfi_rbp_offset(row);
			if (likely(cfi_is_common(row)) && likely(cfa > rsp && cfa <= top) &&
				likely(cfa % 8 == 0) && likely(at >= rsp && at < top)) {
				n_fresh++;
				if (cfi_rbp(row) == CFI_RBP_AT_CFA)
					rbp = load(at);
				pc = load(cfa - 8);
				rsp = cfa;
				continue;
			}
		}
		walk->at = (struct unwind_state){pc, rsp, rbp};
		walk->left = (uint32_t)(kept - walk->trail->frames);
		walk->n_fresh = n_fresh;
		if (!turn(walk, changed))
			return;
		fresh = walk->trail->fresh;
		kept = walk->trail->frames + walk->left;
		n_fresh = walk->n_fresh;
		pc = walk->at.pc;
		rsp = walk->at.rsp;
		rbp = walk->at.rbp;
		top = walk->top;
	}
	walk->left = (uint32_t)(kept - walk->trail->frames);
	walk->n_fresh = n_fresh;
}

/* At the caller of the hook. */
static inline struct walk begin(struct trail *trail, uintptr_t hook)
{
	const uint64_t rsp = hook + 16;
	struct walk walk = {.trail = trail, .at = {load(hook + 8), rsp, load(hook)}, .hook = hook};

	walk.top = likely(rsp >= trail->proven_low && rsp <= trail->proven_high)
			   ? trail->proven_high
			   : find_top(&walk, rsp, true);
	return walk;
}

void unwind_walk(struct trail *trail, uintptr_t hook)
{
	struct walk walk = begin(trail, hook);

	walk.left = trail->n_kept;
	/* Until the end, in case that a signal handler leaves us by a jump. */
	trail->n_kept = 0;
	trail->broken = false;
	run(&walk);
	if (likely(walk.n_fresh > 0))
		trail_take(trail, walk.left, walk.n_fresh);
	else
		trail->n = trail->left = walk.left;
	trail->n_kept = trail->n - walk.unkept;
	if (walk.left == 0 || hook + 16 < trail->low)
		trail->low = hook + 16;
}

enum unwind_reached unwind_reach(uintptr_t from, uintptr_t frame)
{
	struct trail none = {0};
	struct walk walk = begin(&none, from);
	bool signal = false, ours = true, guessed = false;

	for (uint32_t n = 0; n < TRAIL_MOST; n++) {
		uint32_t row;

		/* Any frame may have come to begin where the hook once did; only the hook itself is
		 * ours. */
		if (walk.at.rsp == frame + 16 && ours)
			return signal ? UNWIND_BY_SIGNAL : UNWIND_DIRECTLY;
		if (!walk.at.pc)
			return guessed && !signal ? UNWIND_GUESSED : UNWIND_NOT;
		ours = real_is_shim(walk.at.pc);
		row = rows_get(walk.at.pc - 1);
		signal = signal || cfi_kind(row) == CFI_SIGNAL;
		guessed = guessed || cfi_kind(row) == CFI_FRAME;
		if (!step(&walk, row))
			switch (pass_row(&walk, row)) {
			case UNWIND_PAST:
				break;
			case UNWIND_END:
				return guessed && !signal ? UNWIND_GUESSED : UNWIND_NOT;
			default:
				return guessed && !signal ? UNWIND_GUESSED : UNWIND_UNKNOWN;
			}
	}
	return UNWIND_UNKNOWN;
}
