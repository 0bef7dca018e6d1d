/* devices.c - which devices the container may open or make, whatever nodes it has
 *
 * v1 has a controller with two files; for v2 the rules are made into a BPF program,
 * which the kernel asks (lab 04, step 25).
 */
#include <linux/bpf.h>

#include "oci.h"

enum { MAX_RULES = 256, ANY = -1 };

struct rule {
	bool allow;
	char type;              /* 'a', 'b' or 'c' */
	int major, minor;       /* or ANY */
	unsigned access;        /* BPF_DEVCG_ACC_* */
};

/* What every container may have, after what config.json says: all nodes made, the usual
 * six, and terminals. */
static const struct rule usual[] = {
	{ true, 'c', ANY, ANY, BPF_DEVCG_ACC_MKNOD }, { true, 'b', ANY, ANY, BPF_DEVCG_ACC_MKNOD },
	{ true, 'c', 1, 3, 7 }, { true, 'c', 1, 5, 7 }, { true, 'c', 1, 7, 7 }, { true, 'c', 1, 8, 7 }, { true, 'c', 1, 9, 7 },
	{ true, 'c', 5, 0, 7 }, { true, 'c', 5, 2, 7 }, { true, 'c', 136, ANY, 7 },
};

static int parse_rules(json_t *list, struct rule *rules, struct failure *f)
{
	int count = 1;
	json_t *value;
	size_t i;

	rules[0] = (struct rule){ false, 'a', ANY, ANY, 7 };
	json_array_foreach(list, i, value) {
		const char *type = "a", *access = "";
		int allow = 0;
		if (count > MAX_RULES)
			return fail(f, 0, "linux.resources.devices: %zu rules, at most %d", json_array_size(list), MAX_RULES);
		struct rule *rule = &rules[count++];
		*rule = (struct rule){ .major = ANY, .minor = ANY };
		PASS(json_take(value, "linux.resources.devices", f, "{s:b, s?s, s?i, s?i, s?s}", "allow", &allow, "type", &type,
			       "major", &rule->major, "minor", &rule->minor, "access", &access));
		if (strlen(type) != 1 || strchr("abc", *type) == NULL || *access == '\0' || strspn(access, "rwm") != strlen(access))
			return fail(f, 0, "linux.resources.devices: '%s' '%s': no such type or access", type, access);
		rule->allow = allow != 0;
		rule->type = *type;
		rule->access = (strchr(access, 'r') ? BPF_DEVCG_ACC_READ : 0) | (strchr(access, 'w') ? BPF_DEVCG_ACC_WRITE : 0) |
			       (strchr(access, 'm') ? BPF_DEVCG_ACC_MKNOD : 0);
	}
	for (i = 0; i < COUNT(usual); i++)
		rules[count++] = usual[i];
	return count;
}

static int write_rule(const struct cgroup *group, const struct rule *rule, struct failure *f)
{
	char text[64], major[16], minor[16], access[4];

	snprintf(major, sizeof(major), rule->major == ANY ? "*" : "%d", rule->major);
	snprintf(minor, sizeof(minor), rule->minor == ANY ? "*" : "%d", rule->minor);
	/* lint: three letters at most */
	snprintf(access, sizeof(access), "%s%s%s", rule->access & BPF_DEVCG_ACC_READ ? "r" : "", rule->access & BPF_DEVCG_ACC_WRITE ? "w" : "",
		 rule->access & BPF_DEVCG_ACC_MKNOD ? "m" : "");
	/* "a" alone is everything, whatever follows it. */
	if (rule->type == 'a' && (rule->major != ANY || rule->minor != ANY || rule->access != 7)) {
		for (const char *type = "bc"; *type != '\0'; type++)
			PASS(write_rule(group, &(struct rule){ rule->allow, *type, rule->major, rule->minor, rule->access }, f));
		return 0;
	}
	/* lint: two numbers of eleven characters at most, and three letters */
	snprintf(text, sizeof(text), "%c %s:%s %s", rule->type, major, minor, access);
	TRY(group_write(group, rule->allow ? "devices.allow" : "devices.deny", text, NULL, NULL), "linux.resources.devices: %s", text);
	return 0;
}

#define INSTRUCTION(...) do { code[n] = (struct bpf_insn){ __VA_ARGS__ }; n++; } while (0)
#define LOAD(reg, field) INSTRUCTION(.code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = (reg), .src_reg = 1, .off = offsetof(struct bpf_cgroup_dev_ctx, field))
#define ALU(op, reg, value) INSTRUCTION(.code = BPF_ALU64 | (op) | BPF_K, .dst_reg = (reg), .imm = (value))
#define JUMP(op, reg, value, skip) INSTRUCTION(.code = BPF_JMP | (op) | BPF_K, .dst_reg = (reg), .imm = (value), .off = (short)(skip))
#define ANSWER(value) do { ALU(BPF_MOV, 0, value); INSTRUCTION(.code = BPF_JMP | BPF_EXIT); } while (0)

/*
 * The last rule that speaks of a device counts, for each access by itself.  So the
 * program goes through them backwards, and keeps in register 3 what has not been
 * decided yet: a rule that allows takes its accesses from there, and the answer is yes
 * when none is left; one that denies says no if any of them is.
 */
static size_t compile(const struct rule *rules, int count, struct bpf_insn *code)
{
	size_t n = 0;

	LOAD(2, access_type);
	INSTRUCTION(.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 3, .src_reg = 2);
	ALU(BPF_AND, 2, 0xffff);        /* type */
	ALU(BPF_RSH, 3, 16);            /* access */
	LOAD(4, major);
	LOAD(5, minor);
	for (const struct rule *rule = rules + count - 1; rule >= rules; rule--) {
		size_t to_next = n + (rule->type != 'a') + (rule->major != ANY) + (rule->minor != ANY) + 4;
		if (rule->type != 'a')
			JUMP(BPF_JNE, 2, rule->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR, to_next - n - 1);
		if (rule->major != ANY)
			JUMP(BPF_JNE, 4, rule->major, to_next - n - 1);
		if (rule->minor != ANY)
			JUMP(BPF_JNE, 5, rule->minor, to_next - n - 1);
		if (rule->allow) {
			ALU(BPF_AND, 3, (int)(7 & ~rule->access));
			JUMP(BPF_JNE, 3, 0, 2);
			ANSWER(1);
		} else {
			INSTRUCTION(.code = BPF_JMP | BPF_JSET | BPF_K, .dst_reg = 3, .imm = (int)rule->access, .off = 1);
			JUMP(BPF_JA, 0, 0, 2);
			ANSWER(0);
		}
	}
	ANSWER(0);
	return n;
}

static int attach(const struct cgroup_dir *dir, const struct rule *rules, int count, struct failure *f)
{
	static struct bpf_insn code[8 * (MAX_RULES + COUNT(usual) + 4)];
	union bpf_attr load = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE, .insns = (uintptr_t)code,
		.insn_cnt = (uint32_t)compile(rules, count, code), .license = (uintptr_t)"MIT",
	};
	CLOSED int group = open(dir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLOSED int program = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof(load));
	union bpf_attr to = { .attach_type = BPF_CGROUP_DEVICE };

	TRY(program, "linux.resources.devices: loading a BPF program");
	to.target_fd = (uint32_t)group;
	to.attach_bpf_fd = (uint32_t)program;
	TRY(group < 0 ? -1 : syscall(SYS_bpf, BPF_PROG_ATTACH, &to, sizeof(to)), "linux.resources.devices: %s", dir->path);
	return 0;
}

int devices_limit(const struct cgroup *group, json_t *list, struct failure *f)
{
	struct rule rules[MAX_RULES + COUNT(usual) + 2];
	int count;
	const struct cgroup_dir *one = NULL, *two = NULL;

	PASS(count = parse_rules(list, rules, f));
	/* In a user namespace no device can be made, and none be opened that is not the
	 * user's on the host: there is nothing to limit, and nobody who may. */
	if (in_user_namespace())
		return 0;
	for (int i = 0; i < group->count; i++) {
		const struct cgroup_dir *dir = &group->dir[i];
		if (dir->version == 2)
			two = dir;
		else if (strcmp(dir->name, "/devices") == 0)
			one = dir;
	}
	for (int n = 0; one != NULL && n < count; n++)
		PASS(write_rule(group, &rules[n], f));
	if (one != NULL)
		return 0;
	return two != NULL ? attach(two, rules, count, f) : fail(f, ENOENT, "linux.resources.devices");
}
