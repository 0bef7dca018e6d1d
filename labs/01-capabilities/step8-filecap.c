/* step8-filecap.c - the capabilities of a file, byte by byte
 *
 *   ./step8-filecap FILE      FILE as setcap(8) left it
 *
 * New in this step: the extended attribute security.capability, which holds a
 * struct vfs_cap_data (or, with a rootid, vfs_ns_cap_data), little-endian on
 * every machine.
 * See capabilities(7), "File capabilities"; getxattr(2), linux/capability.h. */
#include <endian.h>
#include <err.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/xattr.h>

static void print_names(const char *set, uint64_t mask)
{
	printf("%-12s", set);
	for (int cap = 0; cap < 64; cap++) {
		if (!(mask >> cap & 1))
			continue;
		char *name = cap_to_name(cap);

		printf(" %s", name ? name : "?");
		cap_free(name);
	}
	printf("%s\n", mask ? "" : " none");
}

int main(int argc, char **argv)
{
	struct vfs_ns_cap_data data = { 0 };	/* the larger of the two */

	if (argc != 2)
		errx(2, "usage: step8-filecap FILE");
	ssize_t size = getxattr(argv[1], "security.capability", &data, sizeof(data));

	if (size == -1 && errno == ENODATA)
		errx(1, "%s: no capabilities", argv[1]);
	if (size == -1)
		err(errno == ENOTSUP ? 77 : 1, "%s: security.capability", argv[1]);

	printf("%zd bytes:    ", size);
	for (ssize_t i = 0; i < size; i++)
		printf("%s%02x", i % 4 == 0 ? " " : "", ((unsigned char *)&data)[i]);

	uint32_t magic = le32toh(data.magic_etc), revision = magic & VFS_CAP_REVISION_MASK;
	uint32_t permitted[2], inheritable[2];

	printf("\nmagic_etc    %08x: revision %u, effective bit %s\n", magic, revision >> VFS_CAP_REVISION_SHIFT,
	       magic & VFS_CAP_FLAGS_EFFECTIVE ? "set" : "not set");
	if ((revision != VFS_CAP_REVISION_2 || size != XATTR_CAPS_SZ_2) &&
	    (revision != VFS_CAP_REVISION_3 || size != XATTR_CAPS_SZ_3))
		errx(1, "only revisions 2 and 3 are still written");
	for (int i = 0; i < 2; i++) {
		permitted[i] = le32toh(data.data[i].permitted);
		inheritable[i] = le32toh(data.data[i].inheritable);
		printf("data[%d]      permitted %08x, inheritable %08x (capabilities %d to %d)\n", i,
		       permitted[i], inheritable[i], 32 * i, 32 * i + 31);
	}
	if (revision == VFS_CAP_REVISION_3)
		printf("rootid       %u: only where this uid is root\n", le32toh(data.rootid));
	print_names("permitted", (uint64_t)permitted[1] << 32 | permitted[0]);
	print_names("inheritable", (uint64_t)inheritable[1] << 32 | inheritable[0]);
}
