/* search.h - a filter as a binary search, written from its end to its start
 *
 * What is jumped to is then always there already: each function puts its
 * instructions before those that are there and returns the position of the
 * first.  A classic BPF jump only goes forward, so this order always works.
 *
 *      load the ABI ---- not this machine's ----> kill
 *      load the number -- x32, on x86-64 -------> kill
 *           |
 *        nr >= 157 ?  ----------- yes ---------> nr >= 302 ?  ...
 *           | no                                     | no
 *        nr >= 82 ?  -- yes --> nr >= 136 ?       nr >= 222 ?  ...
 *           | no                    | no
 *          ...                     ...            every branch ends in a leaf:
 *           |                       |
 *         allow     refuse (EPERM)     unknown (ENOSYS)     clone, personality
 *                                                           or socket: load the
 *                                                           argument, compare
 *
 * Most calls are allowed, and the others are neighbours: the numbers fall into
 * 66 ranges with the same leaf.  A comparison finds the half in which a number's
 * range is, seven of them the range; each kind of leaf is there once.  That is
 * as fast as libseccomp's own binary tree and less than a fifth of its
 * instructions, all of which the kernel checks, converts and compiles whenever a
 * container starts.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>

#include "calls.h"

struct program {
	struct sock_filter code[BPF_MAXINSNS];
	unsigned start;         /* its first instruction; the last is the array's */
	bool full;              /* more did not fit: it is no filter */
};

/* From FIRST to the next range's, go to the instruction at LEAF. */
struct range {
	uint32_t first;
	unsigned leaf;
};

static unsigned put(struct program *p, uint16_t code, unsigned yes, unsigned no, uint32_t k)
{
	if (p->start == 0) {
		p->full = true;
		return 0;
	}
	p->code[--p->start] = (struct sock_filter){ code, (uint8_t)yes, (uint8_t)no, k };
	return p->start;
}

static unsigned put_return(struct program *p, uint32_t verdict)
{
	return put(p, BPF_RET | BPF_K, 0, 0, verdict);
}

static unsigned put_load(struct program *p, size_t offset)
{
	return put(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

/* put_if - compare what was loaded with K, and go on at YES or NO.  A jump has
 * eight bits; further goes a BPF_JA. */
static unsigned put_if(struct program *p, uint16_t test, uint32_t k, unsigned yes, unsigned no)
{
	if (no - p->start >= UINT8_MAX)         /* one is left for the jump to YES */
		no = put(p, BPF_JMP | BPF_JA, 0, 0, no - p->start);
	if (yes - p->start > UINT8_MAX)
		yes = put(p, BPF_JMP | BPF_JA, 0, 0, yes - p->start);
	return put(p, BPF_JMP | test | BPF_K, yes - p->start, no - p->start, k);
}

static unsigned put_search(struct program *p, const struct range *ranges, size_t count)
{
	size_t half = count / 2;
	unsigned yes, no;

	if (count == 1)
		return ranges->leaf;
	yes = put_search(p, ranges + half, count - half);
	no = put_search(p, ranges, half);
	return put_if(p, BPF_JGE, ranges[half].first, yes, no);
}

/* put_argument - load the low half of the first argument.  Those that are
 * judged here are ints, and of an int the kernel takes no more: a comparison of
 * all 64 bits would find 2^32 + AF_VSOCK harmless. */
static unsigned put_argument(struct program *p)
{
	const int low = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0;

	return put_load(p, offsetof(struct seccomp_data, args[0]) + (size_t)low);
}

static unsigned put_clone(struct program *p, unsigned allow, unsigned refuse)
{
	put_if(p, BPF_JSET, NEW_NAMESPACES, refuse, allow);
	return put_argument(p);
}

static unsigned put_personality(struct program *p, unsigned allow, unsigned refuse)
{
	for (size_t i = 0; i < COUNT(personalities); i++)
		refuse = put_if(p, BPF_JEQ, personalities[i], allow, refuse);
	return put_argument(p);
}

static unsigned put_socket(struct program *p, unsigned allow, unsigned refuse)
{
	for (size_t i = 0; i < COUNT(families_refused); i++)
		allow = put_if(p, BPF_JEQ, families_refused[i], refuse, allow);
	put_if(p, BPF_JGE, FAMILIES, refuse, allow);
	return put_argument(p);
}

/* action_of - what becomes of call NR where the container has CAPABILITIES */
static enum action action_of(const struct list *list, uint32_t nr, uint64_t capabilities)
{
	return list->call[nr].with & capabilities ? ALLOW : (enum action)list->call[nr].action;
}

/* put_list - the whole filter, from its leaves up to the load of the ABI */
static void put_list(struct program *p, const struct list *list, uint64_t capabilities)
{
	struct range ranges[NUMBERS];
	unsigned leaf[ACTIONS], kill, tree, foreign, number;
	enum action action, before = ACTIONS;
	size_t count = 0;

	p->start = BPF_MAXINSNS;
	p->full = false;
	kill = put_return(p, SECCOMP_RET_KILL_PROCESS);
	leaf[UNKNOWN] = put_return(p, SECCOMP_RET_ERRNO | ENOSYS);
	leaf[REFUSE] = put_return(p, SECCOMP_RET_ERRNO | EPERM);
	leaf[ALLOW] = put_return(p, SECCOMP_RET_ALLOW);
	leaf[CLONE] = put_clone(p, leaf[ALLOW], leaf[REFUSE]);
	leaf[PERSONALITY] = put_personality(p, leaf[ALLOW], leaf[REFUSE]);
	leaf[SOCKET] = put_socket(p, leaf[ALLOW], leaf[REFUSE]);
	for (uint32_t nr = 0; nr < NUMBERS; nr++, before = action) {
		action = action_of(list, nr, capabilities);
		if (action != before)
			ranges[count++] = (struct range){ nr, leaf[action] };
	}
	tree = put_search(p, ranges, count);
	/* i386 and x32 calls on x86-64, arm on aarch64: a second way to every
	 * call, past a list of names of the first.  (-1 is no call: it is what
	 * a tracer writes over the number of one that is not to be made.) */
	if (list->abi == AUDIT_ARCH_X86_64) {
		foreign = put_if(p, BPF_JEQ, UINT32_MAX, leaf[UNKNOWN], kill);
		put_if(p, BPF_JGE, 0x40000000, foreign, tree);
	}
	number = put_load(p, offsetof(struct seccomp_data, nr));
	put_if(p, BPF_JEQ, list->abi, number, kill);
	put_load(p, offsetof(struct seccomp_data, arch));
}
