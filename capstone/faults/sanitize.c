/* sanitize.c - how the sanitizers behave in a skiff that is built with them
 *
 * No search for leaks: it stops every thread with ptrace(2) from a process of its
 * own, which neither PID 1 of a container nor its filter allows; and a skiff ends
 * with its container.  99 is no status that a test expects. */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

const char *__asan_default_options(void)
{
	return "detect_leaks=0:exitcode=99:detect_stack_use_after_return=1:strict_string_checks=1";
}

const char *__ubsan_default_options(void)
{
	return "print_stacktrace=1:exitcode=99";
}
