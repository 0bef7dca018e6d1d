/* bridge.c - the bridge, and the range of addresses on it */
#include <arpa/inet.h>
#include <string.h>

#include <netlink/route/route.h>

#include "network.h"

/* The first of these /24 that no route of the host overlaps is taken. */
static const char *const gateways[] = {
	"10.121.0.1", "10.213.87.1", "172.29.121.1", "192.168.213.1",
};

/*
 * choose_gateway: of a range that no route of the host overlaps.  Routes of
 * less than 8 bits do not count: default routes, which a VPN may cut in two.
 */
static int choose_gateway(struct network *n)
{
	struct nl_cache *routes;
	int err = rtnl_route_alloc_cache(n->sock, AF_INET, 0, &routes);

	if (err < 0)
		return check(n, "routes", err);
	for (size_t i = 0; i < sizeof(gateways) / sizeof(*gateways); i++) {
		struct nl_object *o = nl_cache_get_first(routes);

		n->gateway = ntohl(inet_addr(gateways[i]));
		for (; o != NULL; o = nl_cache_get_next(o)) {
			struct nl_addr *net = rtnl_route_get_dst((struct rtnl_route *)o);
			unsigned int bits = nl_addr_get_prefixlen(net);
			uint32_t mask = ~0u << (32 - (bits > 24 ? 24 : bits < 8 ? 8 : bits));

			if (bits >= 8 && ((read_address(net, 0) ^ n->gateway) & mask) == 0)
				break;
		}
		if (o == NULL)
			return 0;
	}
	return fail(n, BRIDGE, "every address range it could have is in use on this host");
}

int find_bridge(struct network *n)
{
	int err = find_link(n->sock, BRIDGE, &n->bridge);
	char mac[18], text[32];
	const char *type;

	if (err < 0) {
		n->bridge = NULL;
		return err == -NLE_NODEV ? 0 : check(n, BRIDGE, err);
	}
	n->gateway = read_address(rtnl_link_get_addr(n->bridge), 2);
	type = rtnl_link_get_type(n->bridge);
	nl_addr2str(rtnl_link_get_addr(n->bridge), text, sizeof(text));
	if (type == NULL || strcmp(type, "bridge") != 0 || strcmp(text, mac_of(n->gateway, mac)) != 0)
		return fail(n, BRIDGE, "is there, and not made by skiff");
	return 0;
}

int make_bridge(struct network *n)
{
	struct rtnl_link *want = rtnl_link_alloc();
	char mac[18];

	if (find_bridge(n))
		return -1;
	if (n->bridge == NULL) {
		if (choose_gateway(n))
			return -1;
		rtnl_link_set_type(want, "bridge");
		rtnl_link_set_name(want, BRIDGE);
		rtnl_link_set_addr(want, parse_address(mac_of(n->gateway, mac), AF_LLC));
		if (check(n, BRIDGE, rtnl_link_add(n->sock, want, NLM_F_CREATE | NLM_F_EXCL)))
			return -1;
	}
	if (check(n, BRIDGE, add_address(n->sock, BRIDGE, n->gateway)) ||
	    check(n, BRIDGE, set_link(n->sock, BRIDGE, NULL, true)))
		return -1;
	return find_bridge(n);
}
