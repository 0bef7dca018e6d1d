/* payload-filter.c - ask the seccomp filters of a running process
 *
 *   payload-filter PID COUNT CALL...
 *
 * The tests of lab 05 run it too, so it lies with what all tests share. */
#include "../../support/payload-filter.c"
