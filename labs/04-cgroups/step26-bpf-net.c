/* step26-bpf-net.c - the bytes that a group sends, counted and limited
 *
 *   ./step26-bpf-net [BUDGET]	bytes; as root
 *
 * New in this step: a program for each packet out of a group, a map.  See bpf(2). */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <mntent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define BPF(command, last, ...) (int)syscall(SYS_bpf, command, &(union bpf_attr){ __VA_ARGS__ }, \
	offsetof(union bpf_attr, last) + sizeof(((union bpf_attr *)0)->last))

/* Make a group in the v2 tree, go there; a descriptor of it. */
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

/* Load a program that adds the length of each packet to MAP[0], and lets it pass
 * while that is at most BUDGET.  r1 is the packet at first; r0 at the end: 1, pass. */
static int load(int map, int budget)
{
	const struct bpf_insn program[] = {
		{ BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0 },		/* r6 = packet */
		{ BPF_ST | BPF_MEM | BPF_W, 10, 0, -4, 0 },		/* key = 0, on the stack */
		{ BPF_ALU64 | BPF_MOV | BPF_X, 2, 10, 0, 0 },
		{ BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -4 },		/* r2 = &key */
		{ BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_FD, 0, map },
		{ 0 },							/* r1 = map: 64 bits */
		{ BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem },
		{ BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 6, 0 },		/* r0 = &MAP[0], or 0 */
		{ BPF_LDX | BPF_MEM | BPF_W, 1, 6, 0, 0 },		/* r1 = packet->len */
		{ BPF_STX | BPF_XADD | BPF_DW, 0, 1, 0, 0 },		/* MAP[0] += r1 */
		{ BPF_LDX | BPF_MEM | BPF_DW, 1, 0, 0, 0 },		/* r1 = MAP[0] */
		{ BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1 },
		{ BPF_JMP | BPF_JLE | BPF_K, 1, 0, 1, budget },
		{ BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0 },		/* too much: refuse it */
		{ BPF_JMP | BPF_EXIT, 0, 0, 0, 0 },
	};

	return BPF(BPF_PROG_LOAD, license, .prog_type = BPF_PROG_TYPE_CGROUP_SKB, .insns = (uintptr_t)program,
		   .insn_cnt = sizeof(program) / sizeof(*program), .license = (uintptr_t)"MIT");
}

static void send_ten(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	FILE *f = fopen("cgroup.procs", "we");
	int s, sent = 0;

	if (!f || fputs("0", f) < 0 || fclose(f) || (s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) < 0)
		err(1, "cgroup.procs");		/* a socket stays in the group that it was made in */
	while (sent < 10 && sendto(s, (char[100]){ 0 }, 100, 0, (struct sockaddr *)&to, sizeof(to)) == 100)
		sent++;
	printf(sent < 10 ? "sent: %d of 10, 100 bytes each; then: %m\n" : "sent: %d of 10, 100 bytes each\n", sent);
	exit(0);
}

int main(int argc, char **argv)
{
	int budget = argc == 2 ? atoi(argv[1]) : 1000000, map, program, group;
	char name[] = "lab-bpf-net.XXXXXX";
	uint64_t bytes = 0;

	if (argc > 2 || budget < 1)
		errx(2, "usage: %s [BUDGET]", argv[0]);
	group = enter_group(name);
	map = BPF(BPF_MAP_CREATE, max_entries, .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1);
	program = load(map, budget);
	if ((program < 0 || BPF(BPF_PROG_ATTACH, attach_type, .target_fd = group, .attach_bpf_fd = program,
				.attach_type = BPF_CGROUP_INET_EGRESS)) && !chdir("..") && !rmdir(name))
		err(77, "bpf");
	if (!fflush(stdout) && !fork())
		send_ten();
	wait(NULL);
	if (!BPF(BPF_MAP_LOOKUP_ELEM, value, .map_fd = map, .key = (uintptr_t)&(uint32_t){ 0 }, .value = (uintptr_t)&bytes))
		printf("counted: %ju bytes, with the headers of IP and UDP\n", (uintmax_t)bytes);
	return chdir("..") || rmdir(name);
}
