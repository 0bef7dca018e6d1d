/* stateroot.c - the way to the state directories
 *
 * A state.json says which hooks run, which control groups are emptied and which process is
 * signalled.  So it is believed only where nobody else could have put it: each directory on the
 * way belongs to root or to this user, and nobody else can rename what is in it; the last one
 * belongs to this user alone.  The way is walked by descriptor, one component at a time, and a
 * symbolic link on it must be root's or this user's too.
 */
#include "oci.h"

/* whole_map - are the ids here those of the whole machine? */
static bool whole_map(void)
{
	unsigned inside, outside, count;
	char map[256];

	return file_read(map, sizeof(map), "/proc/self/uid_map") == 0 &&
	       sscanf(map, "%u %u %u", &inside, &outside, &count) == 3 && inside == 0 && outside == 0 && count == UINT32_MAX;
}

bool in_user_namespace(void)
{
	return geteuid() != 0 || !whole_map();
}

const char *state_root(void)
{
	static char path[PATH_MAX];
	const char *user = getenv("XDG_RUNTIME_DIR");

	if (!in_user_namespace())
		return "/run/skiff-oci";
	if (user == NULL || *user != '/' || (size_t)snprintf(path, sizeof(path), "%s/skiff-oci", user) >= sizeof(path))
		snprintf(path, sizeof(path), "/tmp/skiff-oci-%u", geteuid());
	return path;
}

/* trusted - root's or this user's.  In a user namespace the machine's root is an id that is
 * not mapped, and looks like all of those. */
static bool trusted(const struct stat *st)
{
	char text[16];

	if (st->st_uid == 0 || st->st_uid == geteuid())
		return true;
	return !whole_map() && file_read(text, sizeof(text), "/proc/sys/kernel/overflowuid") == 0 &&
	       st->st_uid == (uid_t)strtoul(text, NULL, 10);
}

/* check - the directory FD on the way to ROOT, LAST or not */
static int check(int fd, const char *root, bool last, struct failure *f)
{
	struct stat st;

	TRY(fstat(fd, &st), "--root %s", root);
	if (!S_ISDIR(st.st_mode))
		return fail(f, ENOTDIR, "--root %s", root);
	if (last ? owned(&st) : trusted(&st) && ((st.st_mode & 022) == 0 || (st.st_mode & S_ISVTX) != 0))
		return 0;
	return fail(f, 0, "--root %s: %s is of uid %u, mode %04o: not of this user alone", root,
		    last ? "it" : "a directory above it", st.st_uid, (unsigned)st.st_mode & 07777);
}

/* step - from *AT to NAME, which is made if it is missing and MAKE; a symbolic link's text
 * goes to LINK.  Returns -1 with errno. */
static int step(int *at, const char *name, bool make, char *link, size_t size)
{
	int fd = openat(*at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	ssize_t n;

	*link = '\0';
	if (fd < 0 && errno == ENOENT && make && (mkdirat(*at, name, 0700) == 0 || errno == EEXIST))
		fd = openat(*at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0 || !S_ISLNK(st.st_mode)) {
		close(*at);
		*at = fd;
		return 0;
	}
	n = trusted(&st) ? readlinkat(fd, "", link, size) : -1;
	close(fd);
	if (n < 0 || (size_t)n >= size)
		return errno = ELOOP, -1;
	link[n] = '\0';
	if (*link != '/')
		return 0;
	close(*at);
	*at = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return *at < 0 ? -1 : 0;
}

const char *root_absolute(const char *root, struct failure *f)
{
	static char path[PATH_MAX];
	char here[PATH_MAX] = "";

	if (*root != '/' && (getcwd(here, sizeof(here)) == NULL || *here != '/'))
		return fail(f, errno, "the working directory"), NULL;
	if (!FITS(path, "%s%s%s", here, *here != '\0' ? "/" : "", root))
		return fail(f, 0, "--root: %zu bytes of path, at most %zu", strlen(here) + strlen(root), sizeof(path) - 1), NULL;
	return path;
}

int root_open(const char *root, bool make, struct failure *f)
{
	char rest[PATH_MAX], name[NAME_MAX + 1], link[PATH_MAX], below[PATH_MAX], *from = rest;
	CLOSED int at = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int links = 0, fd;

	if (!FITS(rest, "%s", root))
		return fail(f, ENAMETOOLONG, "--root %s", root);
	for (from += strspn(from, "/"); *from != '\0'; from += strspn(from, "/")) {
		size_t n = strcspn(from, "/");
		if (n >= sizeof(name))
			return fail(f, ENAMETOOLONG, "--root %s", root);
		PASS(check(at, root, false, f));
		memcpy(name, from, n);
		name[n] = '\0';
		from += n;
		if (step(&at, name, make, link, sizeof(link)) < 0) {
			fd = errno;
			fail(f, fd, "--root %s", root);
			f->status = fd == ENOENT && !make ? 0 : 125;
			return -1;
		}
		if (*link == '\0')
			continue;
		if (++links > 40 || (size_t)snprintf(below, sizeof(below), "%s/%s", link, from) >= sizeof(below))
			return fail(f, ELOOP, "--root %s", root);
		from = memcpy(rest, below, sizeof(rest));
	}
	PASS(check(at, root, true, f));
	TRY(fd = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "--root %s", root);
	return fd;
}
