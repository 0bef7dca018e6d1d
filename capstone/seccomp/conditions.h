/* conditions.h - on which machine and for which container a rule is meant
 *
 * "includes": only if every word of it holds; "excludes": not if one does. */

/* Docker's name of this machine, as Go and libseccomp have it. */
static const char *machine(void)
{
	switch (seccomp_arch_native()) {
	case SCMP_ARCH_X86_64: return "amd64";
	case SCMP_ARCH_AARCH64: return "arm64";
	case SCMP_ARCH_RISCV64: return "riscv64";
	case SCMP_ARCH_PPC64LE: return "ppc64le";
	case SCMP_ARCH_S390X: return "s390x";
	default: return "";
	}
}

/* is_foreign - is this architecture another one than the machine's own? */
static bool is_foreign(const struct profile *p, const char *name)
{
	char lower[32];

	if (strncmp(name, "SCMP_ARCH_", 10) != 0 || strlen(name) - 10 >= sizeof(lower))
		refuse(p, "unknown architecture '%s'", name);
	for (size_t i = 0; i <= strlen(name + 10); i++)
		lower[i] = (char)tolower((unsigned char)name[10 + i]);
	/* libseccomp need not know all of Docker's. */
	return strcmp(lower, "native") != 0 && seccomp_arch_resolve_name(lower) != seccomp_arch_native();
}

/* check_architectures - both forms; are there foreign ones for this machine? */
static bool check_architectures(const struct profile *p, json_t *root)
{
	static const struct member members[] = {
		{ "architecture", JSON_STRING, true }, { "subArchitectures", JSON_ARRAY, false },
	};
	json_t *map = json_object_get(root, "archMap"), *list = get_strings(p, root, "architectures");
	json_t *entry, *more, *name;
	bool own, foreign = false;
	size_t i, j;

	if (json_array_size(map) > 0 && json_array_size(list) > 0)
		refuse(p, "both 'archMap' and 'architectures'");
	json_array_foreach(map, i, entry) {
		check_object(p, entry, "archMap", members, COUNT(members));
		own = !is_foreign(p, get_string(entry, "architecture"));
		more = get_strings(p, entry, "subArchitectures");
		json_array_foreach(more, j, name)
			foreign |= is_foreign(p, json_string_value(name)) && own;
	}
	json_array_foreach(list, i, name)
		foreign |= is_foreign(p, json_string_value(name));
	return foreign;
}

/* capability_number - of the capability NAME, as "CAP_CHOWN"; -1: unknown */
static int capability_number(const char *name)
{
	/* by number: capabilities(7), linux/capability.h */
	static const char *const names[] = {
		"CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID",
		"SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW",
		"IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT",
		"SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD",
		"LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG",
		"WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE",
	};

	for (size_t i = 0; i < COUNT(names); i++)
		if (strncmp(name, "CAP_", 4) == 0 && strcmp(name + 4, names[i]) == 0)
			return (int)i;
	return -1;
}

/* has_capability - has the container the capability NAME? */
static bool has_capability(const struct profile *p, const char *name)
{
	int number = capability_number(name);

	if (number < 0)
		refuse(p, "unknown capability '%s'", name);
	return p->caps >> number & 1;
}

/* kernel_is - at least WANTED?  Docker has two numbers there, as in "4.8". */
static bool kernel_is(const struct profile *p, const char *wanted)
{
	char version[4], major[4], more;
	struct utsname name;
	int here, here_major;

	/* lint: a number that is cut leaves a digit where the point or the end should be */
	if (sscanf(wanted, "%3[0-9].%3[0-9]%c", version, major, &more) != 2)
		refuse(p, "'minKernel': '%s' is not two numbers, as in 4.8", wanted);
	if (uname(&name) < 0 || sscanf(name.release, "%d.%d", &here, &here_major) != 2)
		refuse(p, "'minKernel': the version of this kernel is not known");
	return here > atoi(version) || (here == atoi(version) && here_major >= atoi(major));
}

/* count_words - how many words of one of the two objects there are, and how
 * many of them hold */
static void count_words(const struct profile *p, json_t *rule, const char *key, unsigned *all, unsigned *hold)
{
	static const struct member members[] = {
		{ "caps", JSON_ARRAY, false }, { "arches", JSON_ARRAY, false }, { "minKernel", JSON_STRING, false },
	};
	json_t *object = json_object_get(rule, key), *caps, *arches, *name;
	const char *kernel;
	bool here = false;
	size_t i;

	*all = *hold = 0;
	if (!json_is_object(object))
		return;
	check_object(p, object, key, members, COUNT(members));
	caps = get_strings(p, object, "caps");
	arches = get_strings(p, object, "arches");
	kernel = get_string(object, "minKernel");
	json_array_foreach(caps, i, name)
		*all += 1, *hold += has_capability(p, json_string_value(name));
	/* The machine is one of several: together they are one word. */
	json_array_foreach(arches, i, name)
		here |= strcmp(json_string_value(name), machine()) == 0;
	*all += json_array_size(arches) > 0;
	*hold += here;
	if (kernel != NULL && *kernel != '\0')
		*all += 1, *hold += kernel_is(p, kernel);
}

static bool rule_applies(const struct profile *p, json_t *rule)
{
	unsigned all, hold, excluded, excludes;

	count_words(p, rule, "includes", &all, &hold);
	count_words(p, rule, "excludes", &excludes, &excluded);
	return hold == all && excluded == 0;
}
