/* names.c - capabilities by name (lab 01) */
#include <strings.h>
#include <sys/capability.h>

#include "command.h"

int capability_parse(const char *name, uint64_t *bits)
{
	char full[64];
	cap_value_t value;
	char *known;
	int n;

	*bits = CAPABILITIES_ALL;
	if (strcasecmp(name, "all") == 0)
		return 0;
	n = snprintf(full, sizeof(full), "%s%s", strncasecmp(name, "cap_", 4) == 0 ? "" : "cap_", name);
	if (n >= (int)sizeof(full) || cap_from_name(full, &value) < 0)
		return -1;
	/* cap_from_name(3) takes "cap_net_raw2" for cap_net_raw. */
	known = cap_to_name(value);
	n = known != NULL && strcasecmp(known, full) == 0 ? 0 : -1;
	cap_free(known);
	*bits = UINT64_C(1) << value;
	return n;
}

