#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031,SC2154,SC2317  # run sets output, status, stderr; helpers are called by name
# capstone/network/network.bats - the network of a container
#
# This machine's own network is not touched.  Each test makes the namespaces it
# needs: HOST, where skiff-network is at work; OUT, a machine beside it
# (192.0.2.2, and HOST is 192.0.2.1 for it) with a web server that tells who is
# asking; and containers, each a process that sleeps.

load ../../support/bats
EXERCISE=${LAB_BIN:-$BATS_TEST_DIRNAME}/skiff-network
SKIFF=$BATS_TEST_DIRNAME/../skiff

setup_file() {
    export WEB=$BATS_FILE_TMPDIR/web
    mkdir -p "$WEB/cgi-bin"
    cat >"$WEB/cgi-bin/who" <<'END'
#!/bin/sh
address=${REMOTE_ADDR##*:}
printf 'Content-type: text/plain\n\n%s\n' "${address%]}"
END
    chmod 755 "$WEB/cgi-bin/who"
}

setup() {
    lab_setup
    require root ns:net tool:ip tool:nft tool:busybox
    [ -x "$EXERCISE" ] || mendable built "skiff-network is not built (see capstone/network/Makefile)" "make setup, then make"
    machine_before=$(machine)
    namespace && HOST=$NAMESPACE
    namespace && OUT=$NAMESPACE
    uplink up0 192.0.2.1 "$OUT" 192.0.2.2
    before=$(state)
}

teardown() {
    lab_teardown
    [ -z "${BATS_TEST_COMPLETED-}" ] || [ -z "${machine_before-}" ] || expect "this machine" \
        "$machine_before" "$(machine)"
}

# machine: what skiff-network could change outside HOST
machine() {
    nft list ruleset
    grep . /proc/sys/net/ipv4/conf/*/forwarding
    cut -s -d : -f 1 /proc/net/dev
    ls -d /run/*skiff-network* /run/netns/* 2>/dev/null || true
}

# ---- the stage --------------------------------------------------------------

# namespace: a process that sleeps in a network namespace of its own; its pid
# in $NAMESPACE
namespace() {
    # Not what it inherits: the machine of the tests may be a router.
    spawn unshare --net sh -c '
        for file in ipv4/ip_forward ipv6/conf/all/forwarding; do
            [ ! -e "/proc/sys/net/$file" ] || echo 0 >"/proc/sys/net/$file" || exit
        done
        exec sleep 1000'
    NAMESPACE=$SPAWNED
    # shellcheck disable=SC2034  # for eval
    local comm
    wait_for eval 'read -r comm <"/proc/$NAMESPACE/comm" && [ "$comm" = sleep ]'
    ! same_ns net "$NAMESPACE" self
}

# inside PID CMD...: CMD in its network namespace
inside() { bounded nsenter -t "$1" --net "${@:2}"; }

host() { inside "$HOST" "$@"; }
network() { host "$EXERCISE" "$@"; }

# uplink NAME ADDRESS PID PEERADDRESS: a link from HOST to another machine
uplink() {
    ip_batch "$HOST" "link add $1 type veth peer name eth0 netns $3" "addr add $2/24 dev $1" "link set $1 up"
    ip_batch "$3" "addr add $4/24 dev eth0" "link set eth0 up"
}

# ip_batch PID COMMAND...: of ip(8), in its network namespace, in one process
ip_batch() { inside "$1" sh -c 'printf "%s\n" "$@" | ip -batch -' ip "${@:2}"; }

# state: everything on HOST that skiff-network could leave behind
state() {
    host sh -c 'ip -o link show | sed "s/ state .*//"
        ip -o -4 addr show
        ip -4 route show table all
        nft list tables | sort | while read -r table; do nft list $table; done
        cd /proc/sys/net/ipv4 && grep . ip_forward conf/*/forwarding conf/all/accept_redirects'
}

# rules: the order of the tables varies
rules() { host sh -c 'nft list tables | sort | while read -r table; do nft list $table; done'; }

expect_nothing_left() { expect "what is left on the host" "$before" "$(state)"; }

# join ID: a new container with that ID; its pid in $PID, its address in $ADDRESS
join() {
    namespace && PID=$NAMESPACE
    run -0 --separate-stderr network up "$1" "$PID"
    ADDRESS=$output
}

# leave PID: end a container
leave() {
    kill -KILL "$1"
    reap "$1"
}

pings() { inside "$1" busybox ping -c 1 -W "${3:-2}" "$2" >/dev/null; }

# web_server PID: a web server in that namespace
web_server() {
    spawn nsenter -t "$1" --net busybox httpd -f -p 80 -h "$WEB"
    wait_for eval "inside $1 cat /proc/net/tcp /proc/net/tcp6 | grep -q ':0050 0*:0000 0A'"
}

# asks PID ADDRESS: who the server there thinks PID's namespace is
asks() { inside "$1" busybox timeout "${ASK_SECONDS:-15}" busybox wget -qO- "http://$2/cgi-bin/who"; }

# ---- what a container gets ---------------------------------------------------

@test "up prints the address; the container has it on eth0, and a default route" {
    hint "a veth pair with one end in the container, see veth(4)"
    join one
    expect_match address '^10\.121\.0\.[0-9]+$' "$ADDRESS"
    expect stderr "" "$stderr"
    expect_match "eth0" "eth0 +inet $ADDRESS/24" "$(inside "$PID" ip -o -4 addr show)"
    expect_match "eth0" 'UP,LOWER_UP' "$(inside "$PID" ip -o link show eth0)"
    expect_match "the route" '^default via 10\.121\.0\.1 dev eth0' "$(inside "$PID" ip route)"
    expect_match "its port" 'master skiff0 .*UP' "$(host ip -o link show skiff-one)"
    network down one
}

@test "two containers reach each other and the host" {
    hint "both ports belong to the bridge, see bridge(8)"
    join one && first=$PID first_address=$ADDRESS
    join two
    [ "$ADDRESS" != "$first_address" ]
    pings "$PID" "$first_address"
    pings "$first" "$ADDRESS"
    pings "$first" 10.121.0.1
    host busybox ping -c 1 -W 2 "$ADDRESS" >/dev/null
    web_server "$first"
    run -0 asks "$PID" "$first_address"
    expect_output "$ADDRESS"
    network down one
    network down two
    expect_nothing_left
}

@test "a server outside sees the host's address" {
    hint "masquerade, see nft(8)"
    web_server "$OUT"
    join one
    run -0 asks "$PID" 192.0.2.2
    expect_output 192.0.2.1
    # Without translation the same server has no way back.
    host nft flush chain ip skiff nat
    ASK_SECONDS=2 run ! asks "$PID" 192.0.2.2
    network down one
}

@test "a container that leaves does not disturb the others" {
    hint "only the last down takes the bridge away"
    web_server "$OUT"
    join one && first=$PID
    join two
    network down two
    run ! inside "$PID" ip link show eth0
    run -0 asks "$first" 192.0.2.2
    pings "$first" 10.121.0.1
    network down one
    expect_nothing_left
}

# ---- nothing is left -----------------------------------------------------------

@test "nothing is left: links, addresses, routes, rules, sysctls" {
    hint "down puts back what up changed"
    join one
    [ "$(state)" != "$before" ]
    join two
    network down one
    network down two
    expect_nothing_left
    # Again, from the start.
    join three
    network down three
    expect_nothing_left
}

@test "nothing is left of containers that were killed" {
    hint "the link goes with its namespace, the rest with down, see network_namespaces(7)"
    join one
    leave "$PID"
    network down one
    expect_nothing_left
    join one && first=$PID
    join two
    leave "$first"
    leave "$PID"
    wait_for eval '! host ip link show skiff-one && ! host ip link show skiff-two'
    network down two
    expect_nothing_left
    network down one
    expect_nothing_left
}

@test "down is idempotent, and nobody else's business" {
    hint "a link that is gone is no error"
    run -0 --separate-stderr network down one
    expect "what it prints" "" "$output$stderr"
    expect_nothing_left
    join one
    network down other
    pings "$PID" 10.121.0.1
    network down one
    network down one
    expect_nothing_left
}

@test "a link with a port's name that somebody else made is left alone" {
    hint "a port is on the bridge, and its alias is the ID"
    host ip link add skiff-mine type veth peer name peer0
    network down mine
    run -0 host ip link show skiff-mine
    join one
    network down mine
    run -0 host ip link show skiff-mine
    network down one
    host ip link del skiff-mine
    expect_nothing_left
}

# interrupted WHAT FUNCTION: up, with WHAT done to each of its requests to the kernel
# in turn (from the third argument on, in steps of the fourth); after each that did not
# succeed, FUNCTION
interrupted() {
    local n call
    namespace && PID=$NAMESPACE
    for call in sendmsg setns write; do
        for ((n = ${3:-1}; n < 100; n += ${4:-1})); do
            run --separate-stderr injected "$call:$1:when=$n"
            [ "$status" -ne 0 ] || break
            "$2" || { echo "(at $call number $n)"; return 1; }
        done
        [ "$n" -lt 100 ] || { echo "up never came to its end"; return 1; }
        network down one
    done
}

injected() {
    host strace -o /dev/null -e "trace=${1%%:*}" -e "inject=$1" "$EXERCISE" up one "$PID"
}

@test "nothing is left of an up that was killed at any step, after down" {
    require tool:strace
    hint "what is half made is recognised by the next one"
    killed() {
        network down one && expect_nothing_left && run ! inside "$PID" ip link show eth0
    }
    interrupted signal=KILL killed
    expect_nothing_left
}

@test "an up that was killed at any step does not trouble the next up" {
    require tool:strace
    hint "making the bridge is idempotent"
    join other && other=$PID
    killed() {
        namespace
        run -0 network up next "$NAMESPACE"
        pings "$other" "$output" && network down next && network down one
    }
    interrupted signal=KILL killed 8 3
    network down other
    expect_nothing_left
}

@test "an up that fails at any step undoes what it made, and says so in one line" {
    require tool:strace
    hint "undo in reverse order"
    failed() {
        expect_error 1 skiff-network && expect_nothing_left && run ! inside "$PID" ip link show eth0
    }
    interrupted error=EPERM failed
    expect_nothing_left
}

@test "an up that fails leaves the other containers alone" {
    require tool:strace
    hint "undo only what this up made"
    join other && other=$PID
    failed() { pings "$other" 10.121.0.1 && expect rules "$rules" "$(rules)"; }
    rules=$(rules)
    interrupted error=ENOBUFS failed 3 4
    network down other
    expect_nothing_left
}

@test "Ctrl-C does not stop it half way" {
    require tool:strace
    hint "see sigprocmask(2)"
    namespace && PID=$NAMESPACE
    for signal in INT TERM HUP; do
        run -0 injected "sendmsg:signal=$signal:when=10"
        network down one
    done
    expect_nothing_left
}

# ---- many at once ---------------------------------------------------------------

# at_once COMMAND...: each in the background; all must succeed.  What they print
# is in $outputs, one file each.
at_once() {
    local command pids=() i=0
    outputs=$BATS_TEST_TMPDIR/outputs
    mkdir -p "$outputs"
    for command; do
        i=$((i + 1))
        $command >"$outputs/$i" 2>&1 3>&- &
        pids+=($!)
    done
    for i in "${!pids[@]}"; do
        wait "${pids[i]}" || { cat "$outputs/$((i + 1))"; return 1; }
    done
}

@test "ten containers come and go at once" {
    hint "a lock, see flock(2)"
    ups=() downs=() pids=()
    for i in {1..10}; do
        namespace
        pids+=("$NAMESPACE")
        ups+=("network up many$i $NAMESPACE")
        downs+=("network down many$i")
    done
    at_once "${ups[@]}"
    expect "different addresses" 10 "$(cat "$outputs"/* | sort -u | grep -c '^10\.121\.0\.')"
    for pid in "${pids[@]}"; do pings "$pid" 10.121.0.1; done
    at_once "${downs[@]}"
    expect_nothing_left
}

@test "one comes while another one goes" {
    hint "the last down and the first up must not mix, see flock(2)"
    comes_and_goes() {
        local i
        for i in {1..6}; do
            network up "$1" "$2" >/dev/null && pings "$2" 10.121.0.1 && network down "$1" || return
        done
    }
    namespace && first=$NAMESPACE
    namespace && second=$NAMESPACE
    namespace
    at_once "comes_and_goes one $first" "comes_and_goes two $second" "comes_and_goes three $NAMESPACE"
    expect_nothing_left
}

# ---- addresses --------------------------------------------------------------------

# full_bridge: 253 ports, each with an address in its MAC; the other ends are in OUT
full_bridge() {
    local i
    for i in {2..254}; do
        printf 'link add skiff-full%d address fe:00:0a:79:00:%02x type veth peer name p%d netns %d\n' "$i" "$i" "$i" "$OUT"
        printf 'link set skiff-full%d master skiff0 alias full%d\n' "$i" "$i"
    done | grep -v "full$1 " >"$BATS_TEST_TMPDIR/batch"
    host ip -batch "$BATS_TEST_TMPDIR/batch"
}

@test "without a free address, up says so and changes nothing" {
    hint "253 addresses, one for each port"
    join one
    full_bridge "${ADDRESS##*.}"
    expect "ports" 253 "$(host ip -o link show | grep -c 'master skiff0')"
    namespace
    run --separate-stderr network up two "$NAMESPACE"
    expect_error 1 skiff-network
    expect_match message 'no free address' "$stderr"
    expect "ports" 253 "$(host ip -o link show | grep -c 'master skiff0')"
    pings "$PID" 10.121.0.1
    # One goes: there is a place.
    network down full77
    run -0 network up two "$NAMESPACE"
    expect_output 10.121.0.77
}

@test "where its range is in use, another one is taken" {
    hint "compare with every route, see rtnetlink(7)"
    web_server "$OUT"
    # What a default route covers is not in use, even one that a VPN cut in two.
    host ip route add default via 192.0.2.2
    host ip route add 0.0.0.0/1 via 192.0.2.2
    join one
    expect_match "address with a default route" '^10\.121\.0\.' "$ADDRESS"
    network down one

    host ip route add 10.121.0.128/25 via 192.0.2.2
    join one
    expect_match "address beside a route into 10.121.0" '^10\.213\.87\.' "$ADDRESS"
    run -0 asks "$PID" 192.0.2.2
    expect_output 192.0.2.1
    network down one

    host ip route add 10.0.0.0/8 via 192.0.2.2
    join one
    expect_match "address beside 10/8" '^172\.29\.121\.' "$ADDRESS"
    pings "$PID" 172.29.121.1
    network down one

    host ip addr add 172.29.121.9/32 dev up0
    host ip addr add 192.168.213.9/24 dev up0
    before=$(state)
    namespace
    run --separate-stderr network up one "$NAMESPACE"
    expect_error 1 skiff-network
    expect_nothing_left
}

# ---- what it refuses ---------------------------------------------------------------

@test "bad usage is status 2 and a usage line" {
    hint "see the header of skiff-network.c"
    local arguments
    for arguments in "" up down "up one" "up one 1 2" "down one 1" "sideways one 1" "up one 0" "up one -1" \
        "up one 1x" "up one +1" "up one 12345678901" "up ONE 1" "up a.b 1" "up abcdefghijklm 1" "down a/b" \
        "down -h" "--help me" "-x"; do
        # shellcheck disable=SC2086  # words
        run -2 --separate-stderr network $arguments
        expect_match "stderr of '$arguments'" '^usage: skiff-network ' "$stderr"
        expect "stdout of '$arguments'" "" "$output"
    done
    run -2 network down ''
    run -2 network up one ''
    expect_nothing_left
    run -0 --separate-stderr network --help
    expect_match "stdout" '^usage: skiff-network ' "$output"
}

@test "an ordinary user is told that it needs root" {
    require user
    hint "CAP_NET_ADMIN, see capabilities(7)"
    user_dir
    install -m 755 "$EXERCISE" "$USER_DIR/"
    namespace
    run --separate-stderr as_user "$USER_DIR/skiff-network" up one "$NAMESPACE"
    expect_error 1 skiff-network
    run --separate-stderr as_user "$USER_DIR/skiff-network" down one
    expect_error 1 skiff-network
}

@test "a process without a network namespace of its own is refused" {
    hint "compare the namespaces' inodes, see network_namespaces(7)"
    run --separate-stderr network up one "$HOST"
    expect_error 1 skiff-network
    run --separate-stderr network up one 99999999
    expect_error 1 skiff-network
    expect_nothing_left
}

@test "a namespace that has an eth0 is refused, and keeps it" {
    hint "NLM_F_EXCL, see netlink(7)"
    namespace
    inside "$NAMESPACE" ip link add eth0 type bridge
    run --separate-stderr network up one "$NAMESPACE"
    expect_error 1 skiff-network
    expect_nothing_left
    inside "$NAMESPACE" ip link show eth0
}

@test "an ID in use is refused, and its container is not disturbed" {
    hint "undo only what this up made"
    join one && first=$PID
    rules=$(rules)
    namespace
    run --separate-stderr network up one "$NAMESPACE"
    expect_error 1 skiff-network
    expect "rules" "$rules" "$(rules)"
    pings "$first" 10.121.0.1
}

@test "IDs with the same first eight characters are not taken for one another" {
    hint "the port's alias is the whole ID"
    join abcdefgh1 && first=$PID
    rules=$(rules)
    namespace
    run --separate-stderr network up abcdefgh2 "$NAMESPACE"
    expect_error 1 skiff-network
    network down abcdefgh2
    expect "rules" "$rules" "$(rules)"
    pings "$first" 10.121.0.1
    network down abcdefgh1
    expect_nothing_left
}

@test "a skiff0 that somebody else made is left alone" {
    hint "look at what is there before using it"
    namespace
    for type in bridge veth; do
        host ip link add skiff0 type "$type"
        foreign=$(state)
        run --separate-stderr network up one "$NAMESPACE"
        expect_error 1 skiff-network
        run --separate-stderr network down one
        expect_error 1 skiff-network
        expect "the host" "$foreign" "$(state)"
        host ip link del skiff0
    done
}

# ---- the container's root is hostile ----------------------------------------------

# mac_of PID: of its eth0
mac_of() { inside "$1" ip -o link show eth0 | sed 's/.*ether \([^ ]*\).*/\1/'; }

# unguarded: the control of the tests below: a host without the ports' rules
unguarded() { host nft delete table netdev skiff; }

@test "a container cannot send from another address" {
    hint "the port accepts one source address, see nft(8), netdev"
    join one
    inside "$PID" ip addr add 10.121.0.200/24 dev eth0
    lies() { pings_from 10.121.0.200 || pings_from 10.9.9.9; }
    pings_from() { inside "$PID" busybox ping -c 1 -W 1 -I "$1" 10.121.0.1 >/dev/null; }
    pings_from "$ADDRESS"
    run ! lies
    expect "neighbours of the host" "" "$(host ip neigh show 10.121.0.200 | grep -v 'FAILED\|INCOMPLETE')"
    unguarded
    pings_from 10.121.0.200
}

@test "a container cannot take another one's address" {
    hint "ARP replies are believed by everybody, see arp(7)"
    join one && liar=$PID
    join two && victim=$PID victim_address=$ADDRESS
    pings "$victim" 10.121.0.1
    believed() { host ip neigh show "$victim_address" | grep -o 'lladdr [^ ]*'; }
    truth=$(believed)
    inside "$liar" ip addr add "$victim_address/32" dev eth0
    lie() { inside "$liar" busybox arping -q -A -c 2 -w 1 -I eth0 -s "$victim_address" 10.121.0.1 || true; }
    lie
    expect "where the host finds the victim" "$truth" "$(believed)"
    unguarded
    # The kernel keeps a fresh entry for a second before it believes another.
    host ip neigh flush dev skiff0
    for _ in {1..5}; do
        lie
        pings "$liar" 10.121.0.1 1 || true
        host busybox ping -c 1 -W 1 "$victim_address" >/dev/null || true
        [ "$(believed)" = "$truth" ] || break
    done
    expect_match "where the host finds it, unguarded" "$(mac_of "$liar")" "$(believed)"
}

@test "a container cannot take another one's MAC" {
    hint "the bridge learns where a MAC is from what it sends, see bridge(8)"
    join one && liar=$PID
    join two && victim=$PID
    pings "$victim" 10.121.0.1
    mac=$(mac_of "$victim")
    learned() { host bridge fdb show br skiff0 | awk -v mac="$mac" '$1 == mac { print $3 }'; }
    expect "the victim's port" skiff-two "$(learned)"
    inside "$liar" ip link set eth0 down
    inside "$liar" ip link set eth0 address "$mac"
    inside "$liar" ip link set eth0 up
    inside "$liar" ip neigh replace 10.121.0.1 lladdr 02:00:0a:79:00:01 dev eth0
    inside "$liar" busybox arping -q -A -c 1 -w 1 -I eth0 10.121.0.1 || true
    run ! pings "$liar" 10.121.0.1 1
    expect "the victim's port" skiff-two "$(learned)"
    unguarded
    # The victim's next frame takes it back, so this may need more than one try.
    stolen() {
        inside "$liar" busybox arping -q -A -c 1 -w 1 -I eth0 10.121.0.1 || true
        [ "$(learned)" = skiff-one ]
    }
    wait_for stolen
}

@test "a container sends no IPv6, which has no addresses of ours" {
    require file:/proc/sys/net/ipv6
    hint "the policy of the port is drop, see nft(8)"
    join one
    address=$(host ip -o -6 addr show dev skiff0 scope link | grep -o 'fe80[^/]*')
    reaches() { inside "$PID" busybox ping -c 1 -W 1 "$address%eth0" >/dev/null; }
    wait_for eval '! inside "$PID" ip -6 addr show tentative | grep -q inet6'
    run ! reaches
    unguarded
    wait_for reaches
}

@test "whatever a container does with its eth0, down and the others work" {
    hint "the host's end of the link is the host's alone, see veth(4)"
    join one && first=$PID
    join two && second=$PID
    join three && third=$PID
    inside "$first" ip link del eth0
    inside "$second" ip link set eth0 down
    inside "$second" ip link set eth0 name skiff0
    inside "$second" ip link set skiff0 alias 'root; rm'
    inside "$second" ip addr flush dev skiff0
    inside "$second" ip link set skiff0 up
    pings "$third" 10.121.0.1
    join four
    pings "$PID" 10.121.0.1
    pings "$PID" "$(inside "$third" ip -o -4 addr show eth0 | grep -o '10\.121\.0\.[0-9]*' | head -n 1)"
    for id in one two three four; do network down "$id"; done
    expect_nothing_left
}

@test "nobody outside opens a connection to a container" {
    hint "replies only, see conntrack in nft(8)"
    inside "$OUT" ip route add 10.121.0.0/24 via 192.0.2.1
    # Neither where the host forwards nothing else, nor where it is a router.
    for router in 0 1; do
        host sh -c "echo $router >/proc/sys/net/ipv4/ip_forward"
        join one
        web_server "$PID"
        ASK_SECONDS=2 run ! asks "$OUT" "$ADDRESS"
        host nft flush chain ip skiff forward
        run -0 asks "$OUT" "$ADDRESS"
        expect_output 192.0.2.2
        network down one
    done
}

@test "the host becomes no router for others" {
    hint "the sysctl is on for the containers' replies only"
    namespace && far=$NAMESPACE
    uplink up1 198.51.100.1 "$far" 198.51.100.2
    inside "$OUT" ip route add 198.51.100.0/24 via 192.0.2.1
    inside "$far" ip route add 192.0.2.0/24 via 198.51.100.1
    run ! pings "$OUT" 198.51.100.2 1
    before=$(state)
    join one
    run ! pings "$OUT" 198.51.100.2 1
    pings "$PID" 198.51.100.2
    host nft flush chain ip skiff forward
    pings "$OUT" 198.51.100.2
    network down one
    expect_nothing_left
    run ! pings "$OUT" 198.51.100.2 1
}

@test "a router stays one" {
    hint "what was on is not ours"
    namespace && far=$NAMESPACE
    uplink up1 198.51.100.1 "$far" 198.51.100.2
    inside "$OUT" ip route add 198.51.100.0/24 via 192.0.2.1
    inside "$far" ip route add 192.0.2.0/24 via 198.51.100.1
    host sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
    before=$(state)
    join one
    pings "$OUT" 198.51.100.2
    web_server "$OUT"
    run -0 asks "$PID" 192.0.2.2
    network down one
    expect_nothing_left
    # Only one of its interfaces forwards.
    host sh -c 'echo 0 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv4/conf/up1/forwarding'
    before=$(state)
    join one
    network down one
    expect_nothing_left
}

@test "forwarding that somebody turns on meanwhile stays on" {
    hint "net.ipv4.ip_forward is never ours"
    join one
    host sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
    network down one
    expect "forwarding of up0" 1 "$(host cat /proc/sys/net/ipv4/conf/up0/forwarding)"
}

@test "somebody flushes the rules: the next up is guarded, down works" {
    hint "what is to be deleted is made first"
    join one
    host nft flush ruleset
    join two
    expect_match rules 'masquerade.*chain skiff-two' "$(rules | tr '\n' ' ')"
    host nft flush ruleset
    network down two
    network down one
    expect_nothing_left
}

# What is documented as open is looked at too, so that the text stays true.
@test "the host's services are open to a container, those on 127.0.0.1 are not" {
    hint "as with Docker; a firewall for the host is the host's"
    join one
    web_server "$HOST"
    host ip link set lo up
    run -0 asks "$PID" 10.121.0.1
    expect_output "$ADDRESS"
    run -0 asks "$PID" 192.0.2.1
    inside "$PID" ip route add 127.0.0.0/8 via 10.121.0.1 || true
    inside "$PID" sh -c 'echo 1 >/proc/sys/net/ipv4/conf/eth0/route_localnet'
    ASK_SECONDS=2 run ! asks "$PID" 127.0.0.1
}

@test "the root of a user namespace can use it on its own namespaces" {
    require userns
    hint "CAP_NET_ADMIN over the namespace is enough, see user_namespaces(7)"
    user_dir
    install -m 755 "$EXERCISE" "$USER_DIR/"
    run -0 as_user unshare --map-root-user --net sh -c '
        unshare --net sleep 1000 & pid=$!
        until [ "$(readlink /proc/$pid/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do :; done
        "$0" up one $pid && nsenter -t $pid --net busybox ping -c 1 10.121.0.1 >/dev/null && "$0" down one
        status=$?; kill $pid; ip -o link show | cut -d: -f2; exit $status' "$USER_DIR/skiff-network"
    expect "what it prints" "10.121.0.8  lo" "$(xargs -d '\n' echo <<<"$output" | sed 's/10.121.0.[0-9]*/10.121.0.8/')"
}

# ---- skiff run --network bridge ------------------------------------------------------

# bridged ID...: skiff run --network bridge in HOST, with build/rootfs
bridged() { host "$SKIFF" run --network bridge "$@"; }

require_bridge() {
    [ -x "$SKIFF" ] || mendable built "capstone/skiff is not built" make
    require file:"${ROOTFS:=$BATS_TEST_DIRNAME/../../build/rootfs}"
    run bridged "$ROOTFS" true
    [ "$status" -eq 0 ] || mendable bridge "skiff knows no --network bridge: $output" "make setup, then make"
}

@test "skiff run --network bridge: the container reaches the outside" {
    hint "skiff runs skiff-network up before the command starts"
    require_bridge
    web_server "$OUT"
    run -0 bridged "$ROOTFS" wget -qO- http://192.0.2.2/cgi-bin/who
    expect_output 192.0.2.1
    expect_nothing_left
}

@test "skiff run --network bridge: nothing is left when skiff is killed" {
    hint "down has to be called by whoever survives skiff"
    require_bridge
    NAP=$((1000000 + RANDOM))
    spawn nsenter -t "$HOST" --net "$SKIFF" run --network bridge "$ROOTFS" sleep "$NAP"
    wait_for eval 'host ip -o link show | grep -q "LOWER_UP.*master skiff0"'
    kill -KILL "$SPAWNED"
    reap "$SPAWNED"
    wait_for eval '[ "$(state)" = "$before" ]'
}

@test "skiff run --network bridge: ten at once" {
    hint "each has an ID of its own"
    require_bridge
    web_server "$OUT"
    many=()
    for _ in {1..10}; do many+=("bridged $ROOTFS wget -qO- http://192.0.2.2/cgi-bin/who"); done
    at_once "${many[@]}"
    expect "who the server saw" "10 192.0.2.1" "$(sort "$outputs"/* | uniq -c | xargs)"
    expect_nothing_left
}
