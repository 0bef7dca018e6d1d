/* leaves-objects - what the kernel keeps when a process ends
 *
 * Tries: System V shared memory, semaphores and queues, POSIX queues and shared memory, keys; does as it was told
 * Holds: they are in the ipc namespace of the container, or count against an id that is nobody's
 * Mark: 100
 * Goal: [ "$(wc -l </proc/sysvipc/shm)" -gt 1 ]
 * Honest: yes */
#include <fcntl.h>
#include <mqueue.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

static void __attribute__((constructor)) attack(void)
{
	mqd_t queue = mq_open("/lab-attack", O_RDWR | O_CREAT, 0600, NULL);
	int fd = shm_open("/lab-attack", O_RDWR | O_CREAT, 0600);

	if (fd >= 0)
		close(fd);
	if (queue != (mqd_t)-1)
		mq_close(queue);
	shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
	semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
	if (msgget(IPC_PRIVATE, IPC_CREAT | 0600) < 0)
		return;
	syscall(SYS_add_key, "user", "lab-attack", "x", 1, -3);
}
