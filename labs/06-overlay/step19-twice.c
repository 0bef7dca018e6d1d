/* step19-twice.c - upper and work belong to one overlay
 *
 *   ./step19-twice DIR      DIR: a new, empty directory; as an ordinary user:
 *                           unshare -rm ./step19-twice DIR
 *
 * New in this step: what must not be used twice.  Two overlays with one upper
 * layer, or one work directory, do not know of each other: what they show is
 * undefined.  The kernel refuses it with index=on; without, it only writes a
 * warning to its log.  Other mistakes it always refuses.
 * See mount(8) "Mount options for overlay", dmesg(1). */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const dirs[] = { "lower", "lower/sub", "u1", "w1", "u2", "w2", "u3", "w3", "u4", "w4",
	"u5", "u5/work", "tmpfs", "one", "two" };

/* overlay: mount one at WHERE; whether it is there */
static int overlay(const char *where, const char *options)
{
	int done = !mount("overlay", where, "overlay", 0, options);

	printf("  %-44s %s\n", options, done ? "mounted" : strerror(errno));
	return done;
}

static void refused(const char *options)
{
	if (overlay("two", options) && umount2("two", 0))
		err(1, "umount two");
}

static int in_listing(const char *dir, const char *name)
{
	DIR *stream = opendir(dir);
	struct dirent *entry;
	int found = 0;

	if (!stream)
		err(1, "%s", dir);
	while ((entry = readdir(stream)))
		found |= !strcmp(entry->d_name, name);
	closedir(stream);
	return found;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: step19-twice DIR\n");
		return 2;
	}
	if (chdir(argv[1]))
		err(1, "%s", argv[1]);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++)
		if (mkdir(dirs[i], 0755))
			err(1, "%s", dirs[i]);
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		err(1, "a mount namespace (root may make one, or: unshare -rm)");
	if (mount("tmpfs", "tmpfs", "tmpfs", 0, NULL) || mkdir("tmpfs/work", 0700))
		err(1, "tmpfs");

	printf("at \"one\"\n");
	if (!overlay("one", "lowerdir=lower,upperdir=u1,workdir=w1,index=off"))
		errx(77, "no overlay here");
	printf("at \"two\", with the same upper layer\n");
	if (overlay("two", "lowerdir=lower,upperdir=u1,workdir=w2,index=off")) {
		/* two asks for the name, and remembers that it is not there */
		if (!access("two/new", F_OK) || mknod("one/new", S_IFREG | 0644, 0))
			err(1, "new");
		printf("  made one/new; two/new: %s, in the list of two: %s\n",
		       access("two/new", F_OK) ? strerror(errno) : "there", in_listing("two", "new") ? "yes" : "no");
		umount2("two", 0);
	}
	printf("the same work directory\n");
	refused("lowerdir=lower,upperdir=u2,workdir=w1,index=off");
	umount2("one", 0);

	printf("at \"one\", with index=on\n");
	overlay("one", "lowerdir=lower,upperdir=u3,workdir=w3,index=on");
	printf("the same upper layer, the same work directory\n");
	refused("lowerdir=lower,upperdir=u3,workdir=w4,index=on");
	refused("lowerdir=lower,upperdir=u4,workdir=w3,index=on");

	printf("two file systems, one inside the other, a lower layer in another\n");
	refused("lowerdir=lower,upperdir=u4,workdir=tmpfs/work");
	refused("lowerdir=lower,upperdir=u5,workdir=u5/work");
	refused("lowerdir=lower:lower/sub");
	return 0;
}
