/* oracle.h - the filter that libseccomp makes of the same list
 *
 * Four times as long, and right beyond doubt: the unit tests hold the one that
 * search.h makes against it, call by call.  See seccomp_rule_add(3). */

static void add(scmp_filter_ctx ctx, uint32_t action, const char *name,
		unsigned count, const struct scmp_arg_cmp *when)
{
	int nr = seccomp_syscall_resolve_name(name), error;

	if (nr < 0)
		return;         /* not on this architecture */
	error = seccomp_rule_add_array(ctx, action, nr, count, when);
	if (error < 0)
		errx(1, "%s: %s", name, strerror(-error));
}

/* by_name - the lines of the list that ALLOW, or all others; for CAPABILITIES.
 * @allowed: by number; filled when it allows, and then skipped: a call may be
 * opened by several capabilities of which the container has one */
static void by_name(scmp_filter_ctx ctx, uint64_t capabilities, bool allow, bool *allowed)
{
	char *line = NULL, *word;
	size_t size = 0;
	bool open;
	int nr;

	rewind(stdin);
	while (getline(&line, &size, stdin) > 0) {
		word = strtok(line, " \n");
		if (word == NULL || *word == '#' || strcmp(word, "default") == 0)
			continue;
		open = strcmp(word, "allow") == 0;
		if (strcmp(word, "with") == 0)
			open = capabilities >> capability_number(strtok(NULL, " \n")) & 1;
		while (open == allow && (word = strtok(NULL, " \n")) != NULL) {
			nr = seccomp_syscall_resolve_name(word);
			if (nr < 0 || allowed[nr])
				continue;
			if (allow)
				add(ctx, SCMP_ACT_ALLOW, word, 0, NULL);
			else if (strncmp(word, "clone", 5) != 0)
				add(ctx, SCMP_ACT_ERRNO(EPERM), word, 0, NULL);
			allowed[nr] = allow;
		}
	}
}

/* by_argument - what is not listed here, the default action decides: the test
 * asks once for EPERM, with which these calls are refused, and once for
 * ENOSYS, for all others. */
static void by_argument(scmp_filter_ctx ctx, const bool *allowed)
{
	const struct scmp_arg_cmp none = SCMP_A0(SCMP_CMP_MASKED_EQ, NEW_NAMESPACES, 0);

	if (!allowed[SCMP_SYS(clone)])
		add(ctx, SCMP_ACT_ALLOW, "clone", 1, &none);
	for (size_t i = 0; i < COUNT(personalities); i++) {
		struct scmp_arg_cmp is = SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX, personalities[i]);
		add(ctx, SCMP_ACT_ALLOW, "personality", 1, &is);
	}
	for (uint32_t family = 0; family < FAMILIES; family++) {
		struct scmp_arg_cmp is = SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX, family);
		if (memchr(families_refused, (int)family, sizeof(families_refused)) == NULL)
			add(ctx, SCMP_ACT_ALLOW, "socket", 1, &is);
	}
}

/* oracle - write it as it is loaded: an array of struct sock_filter
 * @other: the default action */
static void oracle(uint64_t capabilities, uint32_t other)
{
	static bool allowed[NUMBERS];
	scmp_filter_ctx ctx = seccomp_init(other);

	if (ctx == NULL || seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) < 0)
		errx(1, "seccomp_init");
	by_name(ctx, capabilities, true, allowed);
	if (other != SCMP_ACT_ERRNO(EPERM))
		by_name(ctx, capabilities, false, allowed);
	by_argument(ctx, allowed);
	if (seccomp_export_bpf(ctx, STDOUT_FILENO) < 0)
		errx(1, "exporting the filter");
	seccomp_release(ctx);
}
