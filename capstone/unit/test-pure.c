/* test-pure.c - the parts of skiff that only compute
 *
 *   make -C capstone units && capstone/unit/test-pure
 *
 * Parsers, capability names, id maps and the BPF program.  See check(3). */
#include <check.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/syscall.h>

#undef fail              /* a macro of Check's older interface */
#include "../command/command.h"

static const struct { const char *text; uint64_t bytes; } sizes[] = {
	{ "1", 1 }, { "4096", 4096 }, { "7b", 7 }, { "2k", 2048 }, { "64m", 67108864 },
	{ "64M", 67108864 }, { "1g", 1073741824 }, { "8589934591g", UINT64_C(9223372035781033984) },
};
static const char *const bad_sizes[] = {
	"", "m", "0", "-1", "+1", " 1", "1 ", "1.5m", "0x10", "12q", "1mm", "8589934592g",
	"9223372036854775808", "18446744073709551616", "99999999999999999999999999",
};

START_TEST(bytes_are_read)
{
	uint64_t bytes = 0;

	ck_assert_int_eq(parse_bytes(sizes[_i].text, &bytes), 0);
	ck_assert_uint_eq(bytes, sizes[_i].bytes);
}
END_TEST

START_TEST(what_is_no_size_is_refused)
{
	uint64_t bytes;

	errno = 0;
	ck_assert_int_eq(parse_bytes(bad_sizes[_i], &bytes), -1);
	ck_assert(errno == EINVAL || errno == ERANGE);
}
END_TEST

static const struct { const char *text; uint64_t quota; } cpus[] = {
	{ "1", 100000 }, { "0.5", 50000 }, { ".25", 25000 }, { "1.5", 150000 }, { "0.01", 1000 },
	{ "8192", 819200000 },
};
static const char *const bad_cpus[] = {
	"", "0", "0.001", "-1", "nan", "inf", "1e3", "0x1", "1.2.3", "8193", " 1", "1 ", ".",
};

START_TEST(cpus_are_read)
{
	uint64_t quota = 0;

	ck_assert_int_eq(parse_cpus(cpus[_i].text, &quota), 0);
	ck_assert_uint_eq(quota, cpus[_i].quota);
}
END_TEST

START_TEST(what_is_no_number_of_cpus_is_refused)
{
	uint64_t quota;

	ck_assert_int_eq(parse_cpus(bad_cpus[_i], &quota), -1);
}
END_TEST

START_TEST(capability_names_have_any_spelling)
{
	static const char *const names[] = { "net_raw", "NET_RAW", "cap_net_raw", "CAP_Net_Raw" };
	uint64_t bits = 0;

	for (size_t i = 0; i < 4; i++) {
		ck_assert_int_eq(capability_parse(names[i], &bits), 0);
		ck_assert_uint_eq(bits, UINT64_C(1) << CAP_NET_RAW);
	}
	ck_assert_int_eq(capability_parse("All", &bits), 0);
	ck_assert_uint_eq(bits, CAPABILITIES_ALL);
}
END_TEST

START_TEST(unknown_capabilities_are_refused)
{
	char long_name[200];
	uint64_t bits;

	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	ck_assert_int_eq(capability_parse("", &bits), -1);
	ck_assert_int_eq(capability_parse("net_raw2", &bits), -1);
	ck_assert_int_eq(capability_parse("cap_", &bits), -1);
	ck_assert_int_eq(capability_parse(long_name, &bits), -1);
}
END_TEST

START_TEST(the_default_is_eleven)
{
	ck_assert_int_eq(__builtin_popcountll(capabilities_default()), 11);
	ck_assert(!(capabilities_default() >> CAP_SYS_ADMIN & 1));
	ck_assert(!(capabilities_default() >> CAP_NET_RAW & 1));
	ck_assert(!(capabilities_default() >> CAP_MKNOD & 1));
}
END_TEST

START_TEST(ids_are_never_the_callers)
{
	uint32_t base = 0, count = 0;

	/* the initial user namespace: the range that was wanted */
	ck_assert_int_eq(idmap_choose("         0          0 4294967295\n", 655360, 0, &base, &count), 0);
	ck_assert_uint_eq(base, 655360);
	ck_assert_uint_eq(count, 65536);
	/* inside a container with 65536 ids: all but root's own */
	ck_assert_int_eq(idmap_choose("0 655360 65536\n", 524288, 0, &base, &count), 0);
	ck_assert_uint_eq(base, 1);
	ck_assert_uint_eq(count, 65535);
	/* several lines: the longest */
	ck_assert_int_eq(idmap_choose("0 1000 1\n1 100000 1000\n5000 300000 9\n", 524288, 0, &base, &count), 0);
	ck_assert_uint_eq(base, 1);
	ck_assert_uint_eq(count, 1000);
	/* one id, the caller's: nothing to give away */
	ck_assert_int_eq(idmap_choose("0 1000 1\n", 524288, 0, &base, &count), -1);
	ck_assert_int_eq(idmap_choose("", 524288, 0, &base, &count), -1);
	ck_assert_int_eq(idmap_choose("rubbish\n", 524288, 0, &base, &count), -1);
	/* the wanted range must fit whole */
	ck_assert_int_eq(idmap_choose("0 0 524289\n", 524288, 0, &base, &count), 0);
	ck_assert_uint_eq(base, 1);
}
END_TEST

START_TEST(a_failure_is_one_line)
{
	struct failure f = { 0 };
	char name[1000];

	ck_assert_int_eq(fail(&f, ENOENT, "a\nb\x1b[31m"), -1);
	ck_assert_str_eq(f.text, "a?b?[31m: No such file or directory");
	ck_assert_int_eq(f.status, 125);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	fail(&f, EPERM, "%s", name);
	ck_assert_uint_eq(strlen(f.text), sizeof(f.text) - 1);
}
END_TEST

static const struct sock_filter default_filter[] = {
#include "seccomp-default.inc"
};
static const struct sock_filter wide_filter[] = {
#include "seccomp-wide.inc"
};

/* verdict - what a filter says of a call: the machine of seccomp(2) in small */
static uint32_t verdict(const struct sock_filter *code, const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (size_t pc = 0;; pc++) {
		const struct sock_filter *i = &code[pc];
		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS: memcpy(&a, (const char *)data + i->k, 4); break;
		case BPF_ALU | BPF_AND | BPF_K: a &= i->k; break;
		case BPF_JMP | BPF_JA: pc += i->k; break;
		case BPF_JMP | BPF_JEQ | BPF_K: pc += a == i->k ? i->jt : i->jf; break;
		case BPF_JMP | BPF_JGE | BPF_K: pc += a >= i->k ? i->jt : i->jf; break;
		case BPF_JMP | BPF_JGT | BPF_K: pc += a > i->k ? i->jt : i->jf; break;
		case BPF_RET | BPF_K: return i->k;
		default: ck_abort_msg("unexpected instruction 0x%x at %zu", i->code, pc);
		}
	}
}

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#endif

#ifdef NATIVE
static void expect_verdict(int nr, uint64_t arg, uint32_t usual, uint32_t wide)
{
	struct seccomp_data data = { .nr = nr, .arch = NATIVE, .args = { arg } };

	ck_assert_msg(verdict(default_filter, &data) == usual, "call %d, %lx: %x", nr,
		      (unsigned long)arg, verdict(default_filter, &data));
	ck_assert_msg(verdict(wide_filter, &data) == wide, "wide: call %d, %lx: %x", nr,
		      (unsigned long)arg, verdict(wide_filter, &data));
}

START_TEST(the_filter_decides_as_listed)
{
	const uint32_t yes = SECCOMP_RET_ALLOW, no = SECCOMP_RET_ERRNO | EPERM;
	const uint32_t unknown = SECCOMP_RET_ERRNO | ENOSYS;

	expect_verdict(SYS_read, 0, yes, yes);
	expect_verdict(SYS_execve, 0, yes, yes);
	expect_verdict(SYS_exit_group, 0, yes, yes);
	expect_verdict(SYS_mount, 0, no, yes);
	expect_verdict(SYS_unshare, 0x10000000, no, yes);
	expect_verdict(SYS_ptrace, 0, no, yes);
	expect_verdict(SYS_keyctl, 0, no, no);
	expect_verdict(SYS_kexec_load, 0, no, no);
	expect_verdict(425 /* io_uring_setup */, 0, no, no);
	expect_verdict(435 /* clone3 */, 0, unknown, yes);
	expect_verdict(999, 0, unknown, unknown);
	/* clone by its flags: a thread, a fork, a user namespace */
	expect_verdict(SYS_clone, 0x3d0f00, yes, yes);
	expect_verdict(SYS_clone, 17, yes, yes);
	expect_verdict(SYS_clone, 0x10000011, no, yes);
	expect_verdict(SYS_clone, 0x00020011, no, yes);
	/* socket by its domain: AF_INET, AF_VSOCK */
	expect_verdict(SYS_socket, 2, yes, yes);
	expect_verdict(SYS_socket, 40, no, no);
}
END_TEST

START_TEST(foreign_calls_are_killed)
{
	struct seccomp_data data = { .nr = SYS_read, .arch = AUDIT_ARCH_I386 };

	ck_assert_uint_eq(verdict(default_filter, &data), SECCOMP_RET_KILL_PROCESS);
	ck_assert_uint_eq(verdict(wide_filter, &data), SECCOMP_RET_KILL_PROCESS);
#ifdef __x86_64__
	data = (struct seccomp_data){ .nr = 0x40000000 + SYS_getpid, .arch = AUDIT_ARCH_X86_64 };
	ck_assert_uint_eq(verdict(default_filter, &data), SECCOMP_RET_KILL_PROCESS);
	ck_assert_uint_eq(verdict(wide_filter, &data), SECCOMP_RET_KILL_PROCESS);
#endif
}
END_TEST
#endif

#undef COUNT            /* of skiff.h, unsigned */
#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))

int main(void)
{
	Suite *suite = suite_create("skiff");
	TCase *tests = tcase_create("pure");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tests);
	tcase_add_loop_test(tests, bytes_are_read, 0, COUNT(sizes));
	tcase_add_loop_test(tests, what_is_no_size_is_refused, 0, COUNT(bad_sizes));
	tcase_add_loop_test(tests, cpus_are_read, 0, COUNT(cpus));
	tcase_add_loop_test(tests, what_is_no_number_of_cpus_is_refused, 0, COUNT(bad_cpus));
	tcase_add_test(tests, capability_names_have_any_spelling);
	tcase_add_test(tests, unknown_capabilities_are_refused);
	tcase_add_test(tests, the_default_is_eleven);
	tcase_add_test(tests, ids_are_never_the_callers);
	tcase_add_test(tests, a_failure_is_one_line);
#ifdef NATIVE
	tcase_add_test(tests, the_filter_decides_as_listed);
	tcase_add_test(tests, foreign_calls_are_killed);
#endif
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
