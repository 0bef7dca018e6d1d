#!/usr/bin/env bats
# --network bridge, in a network namespace of the test's own.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154  # run sets output, status, stderr; common.bash uses what setup sets
load common

setup() {
    lab_setup
    require_skiff ns:net tool:ip tool:nft
    [ -x "$BATS_TEST_DIRNAME/../network/skiff-network" ] || mendable built "capstone/network/skiff-network is not built" "make setup, then make"
    NAP=$((1000000 + BATS_TEST_NUMBER * 100000 + RANDOM))
    before=$(footprint)
    spawn unshare --net sleep 1000
    HOST=$SPAWNED
    wait_for eval '[ "$(ns_of "$HOST" net)" != "$(ns_of self net)" ]'
    empty=$(state)
}

# host CMD...: CMD in that namespace, which is the host for skiff
host() { bounded nsenter -t "$(inside_pid "$HOST")" --net "$@"; }

state() {
    host sh -c 'ip -o link show | sed "s/ state .*//"; ip -o -4 addr show; ip -4 route show table all
        nft list ruleset; grep . /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/*/forwarding'
}

# bridged: a container on the bridge; its command in $CONTAINER
bridged() {
    spawn nsenter -t "$(inside_pid "$HOST")" --net "$EXERCISE" run --network bridge "$ROOTFS" sleep "$NAP"
    wait_for eval "[ \$(nappers | wc -l) -eq $((${#NETWORKED[@]} + 1)) ]"
    CONTAINER=$(nappers | grep -vxF "$(printf '%s\n' "${NETWORKED[@]-none}")")
    NETWORKED+=("$CONTAINER")
    ADDRESS=$(nsenter -t "$CONTAINER" --net ip -o -4 addr show scope global | grep -o '[0-9.]*/' | tr -d /)
}

pings() { bounded nsenter -t "$(inside_pid "$1")" --net busybox ping -c 1 -W 2 "$2" >/dev/null; }

@test "[2] --network bridge: an address from a private range; two containers and the host reach each other" {
    hint "a bridge and a veth pair for each container; see veth(4), bridge(8)"
    require tool:busybox
    NETWORKED=()
    bridged
    one=$CONTAINER one_address=$ADDRESS
    expect_match "its address" '^(10\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.)' "$one_address"
    bridged
    [ "$ADDRESS" != "$one_address" ] || expect "the second address" "another than $one_address" "$ADDRESS"
    pings "$CONTAINER" "$one_address"
    pings "$one" "$ADDRESS"
    pings "$HOST" "$ADDRESS"
    gateway=$(nsenter -t "$CONTAINER" --net ip -4 route show default | grep -o 'via [0-9.]*' | cut -d' ' -f2)
    pings "$CONTAINER" "$gateway"
    expect_match "address translation" masquerade "$(host nft list ruleset)"
    # the control: a container without it has nothing but lo
    run host "$EXERCISE" run "$ROOTFS" ping -c 1 -W 1 "$gateway"
    [ "$status" -ne 0 ]
}

@test "[2] --network bridge: nothing is left, also of a skiff that was killed" {
    hint "whoever outlives skiff takes the link, and with the last one the bridge and its rules; see veth(4)"
    run host "$EXERCISE" run --network bridge "$ROOTFS" sh -c 'ip route; cat /proc/net/dev'
    expect_status 0
    expect_match "the route" "default via" "$output"
    expect "the host" "$empty" "$(state)"
    NETWORKED=()
    bridged
    [ "$(state)" != "$empty" ]
    kill -KILL "$SPAWNED"
    reap "$SPAWNED"
    wait_for eval '[ "$(state)" = "$empty" ]'
}
