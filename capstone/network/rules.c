/* rules.c - forwarding, address translation, and what a port lets through */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <nftables/libnftables.h>

#include "network.h"

/* forwarding: read an interface's, or set it to '0' or '1'; -1 if it cannot */
static int forwarding(const char *interface, char value)
{
	char path[80];
	ssize_t done;
	int fd;

	/* fits: an interface's name has less than IFNAMSIZ bytes */
	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/forwarding", interface);
	fd = open(path, (value ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
	if (fd == -1)
		return -1;
	done = value ? write(fd, &value, 1) : read(fd, &value, 1);
	close(fd);
	return done == 1 ? value - '0' : -1;
}

/* forwarding_each: of `"eth0", "wlan0"`; one of them may be gone */
static int forwarding_each(struct network *n, const char *list, char value)
{
	char names[256];
	int err = 0;

	if (snprintf(names, sizeof(names), "%s", list) >= (int)sizeof(names))
		return fail(n, BRIDGE, "its alias is longer than 255 bytes");
	for (char *name = strtok(names, "\", "); name != NULL; name = strtok(NULL, "\", "))
		if (forwarding(name, value) == -1 && errno != ENOENT)
			err = fail(n, "net.ipv4.conf.*.forwarding", strerror(errno));
	return err;
}

/*
 * note_forwarding: replies come in by any interface, and the kernel forwards
 * only what comes in where that is on.  List is of those where it was off; the
 * bridge's alias keeps it from before the first is turned on.  This is not
 * net.ipv4.ip_forward, which changes every interface, their defaults and the
 * redirects at once, and cannot be put back.
 */
static int note_forwarding(struct network *n, char list[256])
{
	const char *alias = rtnl_link_get_ifalias(n->bridge);
	struct if_nameindex *all = if_nameindex();
	char word[IFNAMSIZ + 2];
	size_t used;

	if (all == NULL)
		return fail(n, "links", strerror(errno));
	if (snprintf(list, 256, "%s", alias ? alias : "") > 255)
		return fail(n, BRIDGE, "its alias is longer than 255 bytes");
	for (struct if_nameindex *i = all; i->if_name != NULL; i++) {
		snprintf(word, sizeof(word), "\"%s\"", i->if_name);	/* fits: a name, and two quotes */
		if (strncmp(i->if_name, "skiff", 5) == 0 || strcmp(i->if_name, "lo") == 0 ||
		    forwarding(i->if_name, 0) != 0 || strstr(list, word) != NULL)
			continue;
		used = strlen(list);
		if (snprintf(list + used, 256 - used, "%s%s", used ? ", " : "", word) > 255 - (int)used)
			return fail(n, BRIDGE, "more interfaces without forwarding than it can note");
	}
	if_freenameindex(all);
	return list[0] ? check(n, BRIDGE, set_link(n->sock, BRIDGE, list, true)) : 0;
}

static int nft(struct network *n, const char *commands)
{
	struct nft_ctx *ctx = nft_ctx_new(NFT_CTX_DEFAULT);

	if (ctx == NULL || nft_ctx_buffer_error(ctx) != 0)
		return fail(n, "nft", strerror(errno));
	if (nft_run_cmd_from_buffer(ctx, commands) != 0)
		return fail(n, "nft", nft_ctx_get_error_buffer(ctx));
	return 0;
}

/* What is to be deleted is made first, for it may not be there. */
static const char no_tables[] =
	"table ip skiff\n" "delete table ip skiff\n"
	"table netdev skiff\n" "delete table netdev skiff\n";

/*
 * In `forward`: the replies to the containers, nothing else for them,
 * everything from them, and nothing that the sysctls refused before.
 */
static const char host_rules[] =
	"table ip skiff\n" "delete table ip skiff\n"
	"table ip skiff {\n"
	"  chain forward {\n"
	"    type filter hook forward priority 0;\n"
	"    oifname " BRIDGE " ct state established,related accept\n"
	"    oifname " BRIDGE " iifname != " BRIDGE " drop\n"
	"    iifname " BRIDGE " accept\n"
	"    %s%s%s\n"
	"  }\n"
	"  chain nat {\n"
	"    type nat hook postrouting priority 100;\n"
	"    ip saddr %s/24 oifname != " BRIDGE " masquerade\n"
	"  }\n"
	"}\n"
	"table netdev skiff\n";

static const char no_port_rules[] =
	"add chain netdev skiff %s\n" "flush chain netdev skiff %s\n"
	"delete chain netdev skiff %s\n";

/* A port drops what does not come from its container's address. */
static const char port_rules[] =
	"table netdev skiff {\n"
	"  chain %s {\n"
	"    type filter hook ingress device %s priority 0; policy drop;\n"
	"    ether saddr != %s drop\n"
	"    ip saddr %s accept\n"
	"    arp saddr ether %s arp saddr ip %s accept\n"
	"  }\n"
	"}\n";

/* write_rules: a port that is there and not being made is somebody else's */
static int write_rules(struct network *n, const char *list)
{
	const char *port = n->port, *address;
	char *text = NULL, mac[18];
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return fail(n, "nft", strerror(errno));
	fprintf(out, host_rules, list[0] ? "iifname { " : "", list,
		list[0] ? " } drop" : "", dotted(n->gateway & ~255u));
	if (n->address != 0 || if_nametoindex(port) == 0)
		fprintf(out, no_port_rules, port, port, port);
	if (n->address != 0) {
		mac_of(n->address, mac);
		address = dotted(n->address);
		fprintf(out, port_rules, port, port, mac, address, mac, address);
	}
	if (fclose(out) != 0)
		return fail(n, "nft", strerror(errno));
	return nft(n, text);
}

/*
 * Rules are there before forwarding is, and after it.  Where somebody turns
 * forwarding on for all, meanwhile, it is theirs.
 */
int settle(struct network *n)
{
	bool used[256], theirs = forwarding("all", 0) == 1;
	char list[256];
	const char *noted;
	int count, err = 0;

	if (find_bridge(n) || (count = count_ports(n, used)) < 0)
		return -1;
	if (count > 0)
		return note_forwarding(n, list) || write_rules(n, theirs ? "" : list) ||
		       forwarding_each(n, list, '1') || forwarding_each(n, BRIDGE, '1') ? -1 : 0;
	noted = n->bridge != NULL ? rtnl_link_get_ifalias(n->bridge) : NULL;
	if (noted != NULL && !theirs)
		err = forwarding_each(n, noted, '0');
	err |= nft(n, no_tables);
	/* The bridge goes last: it remembers what is to be put back. */
	if (n->bridge != NULL && check(n, BRIDGE, rtnl_link_delete(n->sock, n->bridge)))
		return -1;
	return err;
}
