/* changes-machine - its clock, its name, its swap, its modules
 *
 * Tries: sethostname, clock_settime, adjtimex, swapoff, init_module, kexec_load, reboot(2) with a wrong magic, bpf,
 *        keys in the user's keyring
 * Holds: each needs a capability over the machine, or is in a namespace of the container
 * Mark: 80-100
 * Control: none: outside a container it would do it
 * Honest: yes */
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

static void __attribute__((constructor)) attack(void)
{
	struct timespec now;
	struct timex tune = { .modes = 0 };

	/* the time it is already: nothing is lost where this succeeds */
	clock_gettime(CLOCK_REALTIME, &now);
	if (clock_settime(CLOCK_REALTIME, &now) == 0 && write(2, "lab-attack: set the clock\n", 26) < 0)
		_exit(9);
	tune.modes = ADJ_TICK;
	tune.tick = 10000;
	if (adjtimex(&tune) >= 0 && write(2, "lab-attack: set the tick\n", 25) < 0)
		_exit(9);
	if (sethostname("lab-attack", 10) < 0)
		now.tv_sec = 0;
	syscall(SYS_swapoff, "/lab-attack");
	syscall(SYS_init_module, "", 0, "");
	syscall(SYS_reboot, 0, 0, 0, NULL);
	syscall(SYS_bpf, 5, NULL, 0);
	syscall(SYS_add_key, "user", "lab-attack", "x", 1, -4);
}
