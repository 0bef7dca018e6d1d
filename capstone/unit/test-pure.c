/* test-pure.c - the parts of skiff that only compute
 *
 *   make -C capstone units && capstone/unit/test-pure
 *
 * Parsers, capability names, id maps and the BPF program.  See check(3). */
#include <check.h>
#include <errno.h>
#include <limits.h>
#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#undef fail              /* a macro of Check's older interface */
#include "../command/command.h"
#include "../seccomp/verdict.h"

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

/* filter_for - the filter of a container with CAPABILITIES, as skiff chooses it; valid
 * until the next one.  Returns how many instructions it has. */
static unsigned filter_for(uint64_t capabilities, const struct sock_filter **filter)
{
	static struct config config;
	struct failure f;

	config.security.capabilities = capabilities;
	ck_assert_int_eq(seccomp_choose(&config, &f), 0);
	*filter = config.security.filter;
	return config.security.filter_len;
}

static const uint64_t admin = UINT64_C(1) << CAP_SYS_ADMIN, ptracer = UINT64_C(1) << CAP_SYS_PTRACE;

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#endif

#ifdef NATIVE
/* expect_verdict - with the default capabilities, with CAP_SYS_PTRACE more, with CAP_SYS_ADMIN */
static void expect_verdict(int nr, uint64_t arg, uint32_t usual, uint32_t tracing,
			   uint32_t administering)
{
	const uint64_t more[] = { 0, ptracer, admin };
	const uint32_t expected[] = { usual, tracing, administering };
	struct seccomp_data data = { .nr = nr, .arch = NATIVE, .args = { arg } };
	const struct sock_filter *filter;

	for (size_t i = 0; i < COUNT(more); i++) {
		filter_for(capabilities_default() | more[i], &filter);
		ck_assert_msg(verdict(filter, &data) == expected[i],
			      "capabilities %llx: call %d, %lx: %x", (unsigned long long)more[i], nr,
			      (unsigned long)arg, verdict(filter, &data));
	}
}

START_TEST(the_filter_decides_as_listed)
{
	const uint32_t yes = SECCOMP_RET_ALLOW, no = SECCOMP_RET_ERRNO | EPERM;
	const uint32_t unknown = SECCOMP_RET_ERRNO | ENOSYS;

	expect_verdict(SYS_read, 0, yes, yes, yes);
	expect_verdict(SYS_execve, 0, yes, yes, yes);
	expect_verdict(SYS_exit_group, 0, yes, yes, yes);
	expect_verdict(SYS_mount, 0, no, no, yes);
	expect_verdict(SYS_unshare, 0x10000000, no, no, yes);
	expect_verdict(SYS_ptrace, 0, no, yes, no);
	expect_verdict(SYS_keyctl, 0, no, no, no);
	expect_verdict(SYS_kexec_load, 0, no, no, no);
	expect_verdict(425 /* io_uring_setup */, 0, no, no, no);
	expect_verdict(435 /* clone3 */, 0, unknown, unknown, yes);
	expect_verdict(999, 0, unknown, unknown, unknown);
	/* clone by its flags: a thread, a fork, a user namespace */
	expect_verdict(SYS_clone, 0x3d0f00, yes, yes, yes);
	expect_verdict(SYS_clone, 17, yes, yes, yes);
	expect_verdict(SYS_clone, 0x10000011, no, no, yes);
	expect_verdict(SYS_clone, 0x00020011, no, no, yes);
	/* socket by its domain: AF_INET, AF_ALG, AF_VSOCK, one that is newer, and
	 * AF_VSOCK again for a kernel that takes an int */
	expect_verdict(SYS_socket, 2, yes, yes, yes);
	expect_verdict(SYS_socket, 38, no, no, no);
	expect_verdict(SYS_socket, 40, no, no, no);
	expect_verdict(SYS_socket, 46, no, no, no);
	expect_verdict(SYS_socket, UINT64_C(0x100000028), no, no, no);
	/* personality: the question, 32 bits, no randomization */
	expect_verdict(SYS_personality, 0xffffffff, yes, yes, yes);
	expect_verdict(SYS_personality, 8, yes, yes, yes);
	expect_verdict(SYS_personality, 0x40000, no, no, no);
}
END_TEST

/* oracle - the filter that libseccomp makes of the same list for CAPABILITIES
 * @other: what becomes of a call that it has no rule for */
static void oracle(struct sock_filter code[BPF_MAXINSNS], uint64_t capabilities, const char *other)
{
	char *command, path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	FILE *pipe;

	ck_assert_int_gt(n, 0);
	path[n] = '\0';
	*strrchr(path, '/') = '\0';
	ck_assert_int_gt(asprintf(&command, "cd '%s/../seccomp' && ./skiff-seccomp oracle %llx %s <default.list",
				  path, (unsigned long long)capabilities, other), 0);
	pipe = popen(command, "r");
	free(command);
	ck_assert_ptr_nonnull(pipe);
	ck_assert_uint_gt(fread(code, sizeof(*code), BPF_MAXINSNS, pipe), 50);
	ck_assert_int_eq(pclose(pipe), 0);
}

/* Of the first argument: flags, families, personalities, their neighbours, and
 * the same with something in the upper half. */
static size_t arguments(uint64_t *arg)
{
	static const uint64_t more[] = { 0x20000, 0x20007, 0x20008, 0x20009, 0x40000, 0x3d0f00, 0x7e020011 };
	size_t n = 0;

	for (uint64_t i = 0; i < 64; i++)
		arg[n++] = i;
	for (int bit = 6; bit < 64; bit++) {
		arg[n++] = UINT64_C(1) << bit;
		arg[n++] = (UINT64_C(1) << bit) - 1;
	}
	for (size_t i = 0; i < COUNT(more); i++)
		arg[n++] = more[i];
	for (size_t i = 0, half = n; i < half; i++)
		arg[n++] = arg[i] | UINT64_C(0xf00d) << 32;
	return n;
}

/* expect_same - the two filters agree on each of these ABIs, calls and arguments */
static void expect_same(uint64_t capabilities)
{
	static const uint32_t abis[] = { NATIVE, AUDIT_ARCH_I386, AUDIT_ARCH_ARM, AUDIT_ARCH_S390, 0 };
	static const uint32_t bases[] = { 0, 0x40000000, 0x3ffffc00, 0x7ffffe00, 0x80000000, 0xfffffc00 };
	static struct sock_filter refusing[BPF_MAXINSNS], usual[BPF_MAXINSNS];
	const struct sock_filter *code;
	uint64_t arg[512];
	size_t args = arguments(arg);

	filter_for(capabilities, &code);
	oracle(refusing, capabilities, "EPERM");
	oracle(usual, capabilities, "ENOSYS");
	for (size_t abi = 0; abi < COUNT(abis); abi++)
		for (uint32_t i = 0; i < COUNT(bases) * 1024; i++) {
			struct seccomp_data data = { .nr = (int)(bases[i / 1024] + i % 1024), .arch = abis[abi] };
			bool judged = data.nr == SYS_clone || data.nr == SYS_personality || data.nr == SYS_socket;
			for (size_t a = 0; a < (judged ? args : 3); a++) {
				data.args[0] = judged ? arg[a] : a * 0x7fffffff;
				data.args[1] = data.args[2] = arg[args - 1 - a];
				ck_assert_msg(verdict(code, &data) == verdict(judged ? refusing : usual, &data),
					      "capabilities %llx: abi %x, call %u, %lx: %x",
					      (unsigned long long)capabilities, abis[abi],
					      (unsigned)data.nr, (unsigned long)data.args[0],
					      verdict(code, &data));
			}
		}
}

START_TEST(the_filters_are_what_libseccomp_makes_of_the_list)
{
	const uint64_t several[] = {
		0, capabilities_default(), capabilities_default() | ptracer,
		CAPABILITIES_ALL & ~admin, CAPABILITIES_ALL,
	};

	expect_same(several[_i]);
}
END_TEST

/* Those that open a call; fourteen, and thirteen where there are no I/O ports. */
static const cap_value_t opening[] = {
	CAP_DAC_READ_SEARCH, CAP_SYS_MODULE, CAP_SYS_CHROOT, CAP_SYS_PTRACE, CAP_SYS_PACCT,
	CAP_SYS_ADMIN, CAP_SYS_BOOT, CAP_SYS_NICE, CAP_SYS_TIME, CAP_SYS_TTY_CONFIG, CAP_SYSLOG,
	CAP_PERFMON, CAP_BPF,
#ifdef __x86_64__
	CAP_SYS_RAWIO,
#endif
};

/* _i is the number of a capability.  All others change nothing. */
START_TEST(each_capability_alone_opens_what_libseccomp_opens)
{
	static struct sock_filter none[BPF_MAXINSNS];
	const struct sock_filter *filter;
	unsigned length = filter_for(0, &filter);
	bool opens = false, same;

	memcpy(none, filter, length * sizeof(none[0]));
	same = filter_for(UINT64_C(1) << _i, &filter) == length &&
	       memcmp(filter, none, length * sizeof(none[0])) == 0;
	for (size_t i = 0; i < COUNT(opening); i++)
		opens |= opening[i] == _i;
	ck_assert_int_eq(same, !opens);
	if (opens)
		expect_same(UINT64_C(1) << _i);
}
END_TEST

/* The filter that skiff was built with is the one that it would write. */
START_TEST(the_default_capabilities_take_the_default_filter)
{
	static const uint64_t more[] = { 0, UINT64_C(1) << CAP_NET_RAW, UINT64_C(1) << CAP_MKNOD };
	struct security written = { .capabilities = capabilities_default() };
	const struct sock_filter *chosen;
	struct failure f;

	for (size_t i = 0; i < COUNT(more); i++)
		ck_assert(filter_is_default(capabilities_default() | more[i]));
	ck_assert(!filter_is_default(capabilities_default() | ptracer));
	ck_assert(!filter_is_default(capabilities_default() & ~(UINT64_C(1) << CAP_SYS_CHROOT)));
	ck_assert_uint_eq(filter_for(capabilities_default(), &chosen), COUNT(default_filter));
	ck_assert_int_eq(memcmp(chosen, default_filter, sizeof(default_filter)), 0);
	ck_assert_int_eq(filter_write(&written, &f), 0);
	ck_assert_uint_eq(written.filter_len, COUNT(default_filter));
	ck_assert_int_eq(memcmp(written.filter, default_filter, sizeof(default_filter)), 0);
}
END_TEST

/* The interpreter is ours; this is the kernel's. */
START_TEST(the_kernel_takes_the_filters)
{
	const struct sock_filter *written;
	const unsigned length = filter_for(ptracer, &written);
	const struct sock_fprog programs[] = {
		{ COUNT(default_filter), (struct sock_filter *)(uintptr_t)default_filter },
		{ (unsigned short)length, (struct sock_filter *)(uintptr_t)written },
	};

	ck_assert_uint_lt(programs[0].len, 128);
	ck_assert_uint_lt(programs[1].len, 128);
	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	for (size_t i = 0; i < COUNT(programs); i++)
		ck_assert_int_eq(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &programs[i]), 0);
	/* in force: the test is a process of its own */
	ck_assert_int_eq(syscall(SYS_socket, 2, 1, 0) < 0 ? errno : 0, 0);
	ck_assert_int_eq(syscall(SYS_socket, 38, 5, 0) < 0 ? errno : 0, EPERM);
	ck_assert_int_eq(syscall(SYS_socket, UINT64_C(0x100000028), 1, 0) < 0 ? errno : 0, EPERM);
}
END_TEST

START_TEST(foreign_calls_are_killed)
{
	const uint64_t capabilities[] = {
		capabilities_default(), 0, ptracer, admin, CAPABILITIES_ALL,
	};
	struct seccomp_data data;
	const struct sock_filter *filter;

	for (size_t i = 0; i < COUNT(capabilities); i++) {
		filter_for(capabilities[i], &filter);
		data = (struct seccomp_data){ .nr = SYS_read, .arch = AUDIT_ARCH_I386 };
		ck_assert_uint_eq(verdict(filter, &data), SECCOMP_RET_KILL_PROCESS);
#ifdef __x86_64__
		data = (struct seccomp_data){ .nr = 0x40000000 + SYS_getpid,
					      .arch = AUDIT_ARCH_X86_64 };
		ck_assert_uint_eq(verdict(filter, &data), SECCOMP_RET_KILL_PROCESS);
#endif
	}
}
END_TEST
#endif

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
	tcase_add_loop_test(tests, the_filters_are_what_libseccomp_makes_of_the_list, 0, 5);
	tcase_add_loop_test(tests, each_capability_alone_opens_what_libseccomp_opens, 0,
			    CAP_LAST_CAP + 1);
	tcase_add_test(tests, the_default_capabilities_take_the_default_filter);
	tcase_add_test(tests, the_kernel_takes_the_filters);
#endif
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
