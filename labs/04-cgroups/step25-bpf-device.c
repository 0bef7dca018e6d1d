/* step25-bpf-device.c - v2 has no devices controller: a program decides
 *
 *   ./step25-bpf-device		as root
 *
 * New in this step: bpf(2).  Seven instructions, checked and compiled by the kernel
 * and attached to a group, run at each open(2) and mknod(2) of a device; the result,
 * 0 or 1, is the answer.  Every runtime does it so.  See cgroup-v2, "Device
 * controller", in the kernel's admin-guide. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <mntent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* bpf(2) with the fields of its argument up to LAST; the size says how many. */
#define BPF(command, last, ...) (int)syscall(SYS_bpf, command, &(union bpf_attr){ __VA_ARGS__ }, \
	offsetof(union bpf_attr, last) + sizeof(((union bpf_attr *)0)->last))
#define LOAD(reg, field) { .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = (reg), .src_reg = 1, \
	.off = offsetof(struct bpf_cgroup_dev_ctx, field) }
#define SET(reg, value) { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (reg), .imm = (value) }
#define UNLESS(reg, value, skip) { .code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = (reg), .imm = (value), .off = (skip) }
#define EXIT { .code = BPF_JMP | BPF_EXIT }

/* Register 1 is where the kernel has put the device, register 0 the answer. */
static const struct bpf_insn deny_zero[] = {
	LOAD(2, major),
	LOAD(3, minor),
	SET(0, 1),		/* yes */
	UNLESS(2, 1, 2),
	UNLESS(3, 5, 1),
	SET(0, 0),		/* but not 1:5, /dev/zero */
	EXIT,
};

/* Make a group in the v2 tree, go there, and return a descriptor of it. */
static int enter_group(char *name)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *m;

	while (mounts && (m = getmntent(mounts)) && strcmp(m->mnt_type, "cgroup2"))
		;
	if (!mounts || !m || chdir(m->mnt_dir))
		errx(77, "no cgroup v2 tree is mounted here");
	if (!mkdtemp(name) || chdir(name))
		err(1, "%s/%s", m->mnt_dir, name);
	printf("group: %s (v2)\n", get_current_dir_name());
	return open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void look(const char *who, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	printf("%-8s %s: %s\n", who, path, fd < 0 ? strerror(errno) : "ok");
	close(fd);
}

int main(int argc, char **argv)
{
	char name[] = "lab-bpf-device.XXXXXX", log[4096] = "";
	int group, program;
	FILE *f;

	if (argc != 1)
		errx(2, "usage: %s", argv[0]);
	group = enter_group(name);
	program = BPF(BPF_PROG_LOAD, log_buf, .prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insns = (uintptr_t)deny_zero, .insn_cnt = sizeof(deny_zero) / sizeof(*deny_zero),
		.license = (uintptr_t)"MIT", .log_buf = (uintptr_t)log, .log_size = sizeof(log), .log_level = 1);
	if (program < 0 && !chdir("..") && !rmdir(name))
		errx(77, "bpf: %s %s", strerror(errno), log);
	if (BPF(BPF_PROG_ATTACH, attach_type, .target_fd = group, .attach_bpf_fd = program, .attach_type = BPF_CGROUP_DEVICE))
		err(1, "attach");
	if (!fflush(stdout) && !fork()) {
		f = fopen("cgroup.procs", "we");
		if (!f || fputs("0", f) < 0 || fclose(f))	/* 0: the writer itself */
			err(1, "cgroup.procs");
		look("inside:", "/dev/null");
		look("inside:", "/dev/zero");
		exit(0);
	}
	wait(NULL);
	look("outside:", "/dev/zero");
	return chdir("..") || rmdir(name);	/* the program goes with the group */
}
