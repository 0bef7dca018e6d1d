/* network.h - what the parts of skiff-network share */
#ifndef NETWORK_H
#define NETWORK_H

#include <net/if.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <stdbool.h>
#include <stdint.h>

#define BRIDGE "skiff0"

/* Addresses are in host byte order everywhere. */
struct network {
	const char *id;			/* the container's */
	char port[IFNAMSIZ];		/* its port on the bridge */
	uint32_t address;		/* its address; 0 when it goes */
	uint32_t gateway;		/* the bridge's address */
	struct nl_sock *sock;		/* rtnetlink, in the caller's namespace */
	struct rtnl_link *bridge;	/* NULL while there is none */
	char why[256];			/* the first failure, `what: why` */
};

/*
 * A function of type int returns 0, or -1 with n->why set, unless its comment
 * says otherwise.  Nothing is freed: the process ends a moment later.
 */
int fail(struct network *n, const char *what, const char *why);

/* check: the same for an error of libnl's, which is negative */
int check(struct network *n, const char *what, int err);

/* links.c: the error of find_link, set_link and add_address is libnl's */
struct nl_sock *open_netlink(void);
const char *dotted(uint32_t address);
const char *mac_of(uint32_t address, char mac[18]);
uint32_t read_address(const struct nl_addr *addr, size_t offset);
struct nl_addr *parse_address(const char *text, int family);
int find_link(struct nl_sock *sock, const char *name, struct rtnl_link **link);
int set_link(struct nl_sock *sock, const char *name, const char *alias, bool up);
int add_address(struct nl_sock *sock, const char *name, uint32_t address);
int count_ports(struct network *n, bool used[256]);
int choose_address(struct network *n);
int make_port(struct network *n, int ns);
int remove_port(struct network *n);
int connect_container(struct network *n, struct nl_sock *inside);

/* bridge.c: n->bridge and n->gateway are what is there; make_bridge is idempotent */
int find_bridge(struct network *n);
int make_bridge(struct network *n);

/*
 * rules.c: make the host's forwarding, its rules and the bridge what the ports
 * on the bridge demand; without one, what they were before.
 */
int settle(struct network *n);

#endif
