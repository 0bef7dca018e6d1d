/* links.c - the ports of the bridge, and the containers' end of them
 *
 * The kernel keeps the addresses: the last four bytes of a MAC are one, both
 * the bridge's and a port's (fe:00:...; the container's end has 02:00:...).  So a
 * link that is there has its address, whenever the process that made it died.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <netlink/route/addr.h>
#include <netlink/route/link/veth.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>

#include "network.h"

const char *dotted(uint32_t address)
{
	return inet_ntoa((struct in_addr){ htonl(address) });
}

const char *mac_of(uint32_t address, char mac[18])
{
	snprintf(mac, 18, "02:00:%02x:%02x:%02x:%02x", address >> 24, address >> 16 & 255,
		 address >> 8 & 255, address & 255);
	return mac;
}

uint32_t read_address(const struct nl_addr *addr, size_t offset)
{
	uint32_t address = 0;

	if (addr != NULL && nl_addr_get_len(addr) == offset + sizeof(address))
		memcpy(&address, (const char *)nl_addr_get_binary_addr(addr) + offset, sizeof(address));
	return ntohl(address);
}

struct nl_addr *parse_address(const char *text, int family)
{
	struct nl_addr *addr = NULL;

	nl_addr_parse(text, family, &addr);
	return addr;
}

struct nl_sock *open_netlink(void)
{
	struct nl_sock *sock = nl_socket_alloc();
	/* The kernel answers before send returns: no answer is a failed send. */
	struct timeval second = { .tv_sec = 1 };

	if (sock == NULL || nl_connect(sock, NETLINK_ROUTE) != 0 ||
	    setsockopt(nl_socket_get_fd(sock), SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second)) != 0)
		return NULL;
	return sock;
}

/* find_link: its error is libnl's; -NLE_NODEV where there is none */
int find_link(struct nl_sock *sock, const char *name, struct rtnl_link **link)
{
	int err = rtnl_link_get_kernel(sock, 0, name, link);

	return err == -NLE_OBJ_NOTFOUND ? -NLE_NODEV : err;
}

/* set_link: its error is libnl's; alias may be NULL */
int set_link(struct nl_sock *sock, const char *name, const char *alias, bool up)
{
	struct rtnl_link *link, *change = rtnl_link_alloc();
	int err = find_link(sock, name, &link);

	if (err < 0)
		return err;
	if (up)
		rtnl_link_set_flags(change, IFF_UP);
	if (alias != NULL)
		rtnl_link_set_ifalias(change, alias);
	return rtnl_link_change(sock, link, change, 0);
}

/* add_address: its error is libnl's */
int add_address(struct nl_sock *sock, const char *name, uint32_t address)
{
	struct rtnl_addr *addr = rtnl_addr_alloc();
	struct nl_addr *local = parse_address(dotted(address), AF_INET);
	struct rtnl_link *link;
	int err = find_link(sock, name, &link);

	if (err < 0)
		return err;
	nl_addr_set_prefixlen(local, 24);
	rtnl_addr_set_ifindex(addr, rtnl_link_get_ifindex(link));
	rtnl_addr_set_local(addr, local);
	err = rtnl_addr_add(sock, addr, 0);
	return err == -NLE_EXIST ? 0 : err;
}

/* count_ports: how many, or -1; marks the last bytes of their addresses */
int count_ports(struct network *n, bool used[256])
{
	struct nl_cache *links;
	int count = 0, err = rtnl_link_alloc_cache(n->sock, AF_UNSPEC, &links);

	if (err < 0)
		return check(n, "links", err);
	for (struct nl_object *o = nl_cache_get_first(links); o; o = nl_cache_get_next(o)) {
		struct rtnl_link *link = (struct rtnl_link *)o;

		if (n->bridge == NULL || strncmp(rtnl_link_get_name(link), "skiff-", 6) != 0 ||
		    rtnl_link_get_master(link) != rtnl_link_get_ifindex(n->bridge))
			continue;
		used[read_address(rtnl_link_get_addr(link), 2) & 255] = true;
		count++;
	}
	return count;
}

/*
 * choose_address: a free one.  The search starts at a place of the ID's own, so
 * that what still comes for a container that is gone seldom meets a new one.
 */
int choose_address(struct network *n)
{
	bool used[256] = { [0] = true, [1] = true, [255] = true };
	unsigned int last = 0;

	if (count_ports(n, used) < 0)
		return -1;
	for (const char *c = n->id; *c != '\0'; c++)
		last = last * 31 + (unsigned char)*c;
	for (int tries = 0; tries < 256; tries++, last++) {
		n->address = (n->gateway & ~255u) | (last & 255);
		if (!used[last & 255])
			return 0;
	}
	return fail(n, BRIDGE, "no free address: 253 containers have one each");
}

/* make_port: the container's end is born in its namespace, and down */
int make_port(struct network *n, int ns)
{
	struct rtnl_link *link = rtnl_link_veth_alloc(), *peer = rtnl_link_veth_get_peer(link);
	char mac[18];

	rtnl_link_set_name(peer, "eth0");
	rtnl_link_set_ns_fd(peer, ns);
	rtnl_link_set_addr(peer, parse_address(mac_of(n->address, mac), AF_LLC));
	memcpy(mac, "fe", 2);
	rtnl_link_set_name(link, n->port);
	rtnl_link_set_addr(link, parse_address(mac, AF_LLC));
	rtnl_link_set_master(link, rtnl_link_get_ifindex(n->bridge));
	return check(n, n->port, rtnl_link_add(n->sock, link, NLM_F_CREATE | NLM_F_EXCL));
}

/*
 * remove_port: but not another container's, for the name has only 8 characters
 * of the ID; the alias has it all, or is not there yet when up was killed.  A
 * port is born on the bridge: a link of that name that lies elsewhere and has
 * no such alias was not made here.
 */
int remove_port(struct network *n)
{
	struct rtnl_link *link;
	int err = find_link(n->sock, n->port, &link);

	if (err == 0) {
		const char *alias = rtnl_link_get_ifalias(link);
		int bridge = (int)if_nametoindex(BRIDGE);

		if (alias != NULL ? strcmp(alias, n->id) != 0 : bridge == 0 || rtnl_link_get_master(link) != bridge)
			return 0;
		err = rtnl_link_delete(n->sock, link);
	}
	/* It may have gone just now, with its container. */
	return err == -NLE_NODEV ? 0 : check(n, n->port, err);
}

int connect_container(struct network *n, struct nl_sock *inside)
{
	struct rtnl_route *route = rtnl_route_alloc();
	struct rtnl_nexthop *hop = rtnl_route_nh_alloc();

	rtnl_route_set_dst(route, parse_address("0.0.0.0/0", AF_INET));
	rtnl_route_nh_set_gateway(hop, parse_address(dotted(n->gateway), AF_INET));
	rtnl_route_add_nexthop(route, hop);
	if (check(n, n->port, set_link(n->sock, n->port, NULL, true)) ||
	    check(n, "eth0", add_address(inside, "eth0", n->address)) ||
	    check(n, "eth0", set_link(inside, "eth0", NULL, true)))
		return -1;
	return check(n, "default route", rtnl_route_add(inside, route, 0));
}
