/* lint-calls.h - included by harness/lint-calls before the first line of a file
 *
 * gcc then names each call whose result is thrown away, and each call of a
 * function that cannot say that its text did not fit. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LINT_CHECKED __attribute__((warn_unused_result))
#define LINT_REFUSED __attribute__((deprecated))

int snprintf(char *restrict, size_t, const char *restrict, ...) LINT_CHECKED;
int vsnprintf(char *restrict, size_t, const char *restrict, va_list) LINT_CHECKED;
size_t strftime(char *restrict, size_t, const char *restrict, const struct tm *restrict) LINT_CHECKED;

int sprintf(char *restrict, const char *restrict, ...) LINT_REFUSED;
int vsprintf(char *restrict, const char *restrict, va_list) LINT_REFUSED;
char *strcpy(char *restrict, const char *restrict) LINT_REFUSED;
char *strcat(char *restrict, const char *restrict) LINT_REFUSED;
char *strncpy(char *restrict, const char *restrict, size_t) LINT_REFUSED;
char *strncat(char *restrict, const char *restrict, size_t) LINT_REFUSED;
char *stpcpy(char *restrict, const char *restrict) LINT_REFUSED;
char *stpncpy(char *restrict, const char *restrict, size_t) LINT_REFUSED;
char *fgets(char *restrict, int, FILE *restrict) LINT_REFUSED;
