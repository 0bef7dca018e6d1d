/* mounting.c - one of config.json's mounts: what its options mean
 *
 * mount(8)'s words are of three kinds: attributes of the mount, which
 * mount_setattr(2) sets, alone or (with an r before the word) for all below it;
 * how it propagates; and the rest, which is for the filesystem to know.
 */
#include <sys/mount.h>

#include "oci.h"

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

static const struct word {
	const char *name;
	uint64_t set, clear;
} words[] = {
	{ "ro", MOUNT_ATTR_RDONLY, 0 }, { "rw", 0, MOUNT_ATTR_RDONLY },
	{ "nosuid", MOUNT_ATTR_NOSUID, 0 }, { "suid", 0, MOUNT_ATTR_NOSUID },
	{ "nodev", MOUNT_ATTR_NODEV, 0 }, { "dev", 0, MOUNT_ATTR_NODEV },
	{ "noexec", MOUNT_ATTR_NOEXEC, 0 }, { "exec", 0, MOUNT_ATTR_NOEXEC },
	{ "nodiratime", MOUNT_ATTR_NODIRATIME, 0 }, { "diratime", 0, MOUNT_ATTR_NODIRATIME },
	{ "nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0 }, { "symfollow", 0, MOUNT_ATTR_NOSYMFOLLOW },
	/* When access is noted is one of three, not a bit each. */
	{ "noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME }, { "atime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME },
	{ "strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME }, { "nostrictatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME },
	{ "relatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME }, { "norelatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME },
};

uint64_t propagation_parse(const char *name)
{
	static const struct { const char *name; uint64_t flag; } kinds[] = {
		{ "private", MS_PRIVATE }, { "shared", MS_SHARED }, { "slave", MS_SLAVE }, { "unbindable", MS_UNBINDABLE },
	};

	for (size_t i = 0; i < COUNT(kinds); i++)
		if (strcmp(name + (*name == 'r'), kinds[i].name) == 0)
			return kinds[i].flag;
	return 0;
}

/* attribute - is NAME one of the words? */
static bool attribute(struct mounting *m, const char *name)
{
	for (size_t i = 0; i < COUNT(words); i++) {
		const struct word *word = &words[i];
		if (strcmp(name, word->name) == 0) {
			m->set = (m->set & ~word->clear) | word->set;
			m->clear = (m->clear & ~word->set) | word->clear;
			return true;
		}
		if (*name == 'r' && strcmp(name + 1, word->name) == 0) {
			m->recursive_set = (m->recursive_set & ~word->clear) | word->set;
			m->recursive_clear = (m->recursive_clear & ~word->set) | word->clear;
			return true;
		}
	}
	return false;
}

/* flag - a word that is none of the filesystem's either */
static bool flag(struct mounting *m, const char *name)
{
	uint64_t propagation = propagation_parse(name);

	if (strcmp(name, "bind") == 0 || strcmp(name, "rbind") == 0) {
		m->bind = true;
		m->recursive |= *name == 'r';
	} else if (strcmp(name, "idmap") == 0 || strcmp(name, "ridmap") == 0) {
		m->shifted = true;
		m->shifted_recursive |= *name == 'r';
	} else if (strcmp(name, "tmpcopyup") == 0) {
		m->copy_up = true;
	} else if (propagation != 0) {
		m->propagation = propagation;
		m->propagation_recursive = *name == 'r';
	} else {
		/* Each devpts has been an instance of its own since Linux 4.7. */
		return strcmp(name, "defaults") == 0 || strcmp(name, "newinstance") == 0 ||
		       strcmp(name, "silent") == 0 || strcmp(name, "loud") == 0;
	}
	return true;
}

int mounting_parse(json_t *object, struct mounting *m, struct failure *f)
{
	json_t *list = NULL;
	char **options, *value;
	size_t n = 0;

	*m = (struct mounting){ .fd = -1, .type = "none" };
	PASS(json_take(object, "mounts", f, "{s:s, s?s, s?s, s?o, s?o, s?o}", "destination", &m->target, "type", &m->type,
		       "source", &m->source, "options", &list, "uidMappings", &m->uid_map, "gidMappings", &m->gid_map));
	if ((options = json_strings(list, "mounts.options", f)) == NULL)
		return -1;
	m->bind = strcmp(m->type, "bind") == 0;
	m->shifted = m->uid_map != NULL || m->gid_map != NULL;
	if ((m->uid_map == NULL) != (m->gid_map == NULL))
		return fail(f, 0, "mounts: %s: uidMappings and gidMappings: one without the other", m->target);
	/* Pairs; a source and a mode may be added, and a NULL ends them. */
	if ((m->options = calloc(2 * json_array_size(list) + 7, sizeof(*m->options))) == NULL)
		return fail(f, ENOMEM, "mounts: %s", m->target);
	for (; *options != NULL; options++) {
		if (attribute(m, *options) || flag(m, *options))
			continue;
		if (m->bind || strcmp(*options, "remount") == 0)
			return fail(f, 0, "mounts: %s: option '%s': not supported", m->target, *options);
		value = strchr(*options, '=');
		m->mode_given |= strncmp(*options, "mode=", 5) == 0;
		m->options[2 * n] = value == NULL ? *options : strndup(*options, (size_t)(value - *options));
		if (m->options[2 * n] == NULL)
			return fail(f, ENOMEM, "mounts: %s", m->target);
		m->options[2 * n++ + 1] = value == NULL ? "" : value + 1;
	}
	if (m->bind ? m->source == NULL : m->shifted || strcmp(m->type, "none") == 0)
		return fail(f, 0, "mounts: %s: %s", m->target, m->bind ? "no source" : m->shifted ? "ids of a new filesystem cannot be mapped" : "no type");
	if (m->copy_up && strcmp(m->type, "tmpfs") != 0)
		return fail(f, 0, "mounts: %s: tmpcopyup is for a tmpfs", m->target);
	if (!m->bind && m->source != NULL && *m->source != '\0') {
		m->options[2 * n] = "source";
		m->options[2 * n + 1] = m->source;
	}
	return 0;
}
