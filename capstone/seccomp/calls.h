/* calls.h - default.list as a table, which a filter for any capabilities is made of
 *
 * skiff-seccomp.c reads the list into it, writes it out as C for skiff itself
 * (command/filter.c), and makes the filter of the default capabilities. */
#include <sched.h>
#include <stdint.h>

/* What becomes of a call.  REFUSE is EPERM, UNKNOWN is ENOSYS. */
enum action { UNKNOWN, ALLOW, REFUSE, CLONE, PERSONALITY, SOCKET, ACTIONS };

enum { NUMBERS = 1024 };        /* more than any number that Linux has given */

struct list {
	uint32_t abi;           /* AUDIT_ARCH_*: whose numbers they are */
	uint64_t named;         /* the capabilities that open a call, a bit each */
	uint64_t usual;         /* those of them that a container has by default */
	struct call {
		uint8_t action;
		uint64_t with;  /* but ALLOW with any of these capabilities */
	} call[NUMBERS];
};

/* ---- the calls of which only some uses are harmless ---- */

/* All namespaces of clone(2) but the time namespace, which it cannot make. */
#define NEW_NAMESPACES ((uint32_t)(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | \
				   CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET))

/* PER_LINUX and PER_LINUX32, each with or without UNAME26, and the question. */
static const uint32_t personalities[] = { 0, 0x8, 0x20000, 0x20008, 0xffffffff };

/* The address families that Docker refuses since 2026: those that nobody has
 * used for decades, and two that no namespace holds.  ALG reaches the kernel's
 * cryptography (its splice wrote into the page cache of files that were only
 * open for reading: CVE-2026-31431), VSOCK the hypervisor. */
enum { FAMILIES = 46 };         /* the first that is newer than this list */
static const uint8_t families_refused[] = {
	12 /* DECnet */, 19 /* ECONET */, 20 /* ATMSVC */, 23 /* IRDA */, 25 /* WANPIPE */,
	34 /* ISDN */, 37 /* CAIF */, 38 /* ALG */, 40 /* VSOCK */,
};
