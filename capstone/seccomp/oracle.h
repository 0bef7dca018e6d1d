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

/* by_argument - what is not listed here, the default action decides: the test
 * asks once for EPERM, with which these calls are refused, and once for
 * ENOSYS, for all others. */
static void by_argument(scmp_filter_ctx ctx, bool wide)
{
	const struct scmp_arg_cmp none = SCMP_A0(SCMP_CMP_MASKED_EQ, NEW_NAMESPACES, 0);

	add(ctx, SCMP_ACT_ALLOW, "clone", wide ? 0 : 1, &none);
	if (wide)
		add(ctx, SCMP_ACT_ALLOW, "clone3", 0, NULL);
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

/* by_name - the list itself, read once more */
static void by_name(scmp_filter_ctx ctx, bool wide, uint32_t other)
{
	char line[512], *word;
	uint32_t action;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		word = strtok(line, " \n");
		if (word == NULL || *word == '#')
			continue;
		action = strcmp(word, "allow") == 0 || (wide && strcmp(word, "wide") == 0) ?
			 SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EPERM);
		while (action != other && (word = strtok(NULL, " \n")) != NULL)
			add(ctx, action, word, 0, NULL);
	}
}

/* oracle - write it as it is loaded: an array of struct sock_filter
 * @other: the default action */
static void oracle(bool wide, uint32_t other)
{
	scmp_filter_ctx ctx = seccomp_init(other);

	if (ctx == NULL || seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) < 0)
		errx(1, "seccomp_init");
	by_argument(ctx, wide);
	by_name(ctx, wide, other);
	if (seccomp_export_bpf(ctx, STDOUT_FILENO) < 0)
		errx(1, "exporting the filter");
	seccomp_release(ctx);
}
