# shellcheck shell=bash disable=SC2034
# grader/tests/hosts.bash - two machines to reach over ssh: network namespaces of
# this test's own, with a server each, its own keys, its own /root and cache

load class

# start_hosts: $HOST_A and $HOST_B, and $SSH to reach them
start_hosts() {
    local name i=0
    HOSTS_DIR=$USER_DIR/hosts
    mkdir "$HOSTS_DIR"
    dropbearkey -t ed25519 -f "$HOSTS_DIR/host-key" >/dev/null 2>&1
    ssh-keygen -q -t ed25519 -N '' -f "$HOSTS_DIR/key"
    export SSH="ssh -F none -i $HOSTS_DIR/key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
    for name in alpha beta; do
        i=$((i + 1))
        start_host "lab$$-$name" "lb$$-$i" "198.51.100.$((4 * i + 1))" "198.51.100.$((4 * i + 2))" "$name"
    done
    HOST_A=root@198.51.100.6 HOST_B=root@198.51.100.10:2222
}

# start_host NETNS LINK OUR-ADDRESS ITS-ADDRESS NAME
start_host() {
    ip netns add "$1"
    ip link add "$2" type veth peer name eth0 netns "$1"
    ip address add "$3/30" dev "$2"
    ip link set "$2" up
    ip -n "$1" address add "$4/30" dev eth0
    ip -n "$1" link set eth0 up
    ip -n "$1" link set lo up
    # not `ip netns exec`: it would hide the control groups
    spawn nsenter --net="/run/netns/$1" unshare --uts --mount --pid --fork --kill-child --mount-proc sh -c '
        hostname "$1"
        mkdir -p /var/cache
        mount -t tmpfs cache /var/cache
        mount -t tmpfs -o mode=700 root /root
        mkdir -m 700 /root/.ssh
        cp "$2/key.pub" /root/.ssh/authorized_keys
        exec dropbear -F -E -s -r "$2/host-key" -p 22 -p 2222 -P "/root/pid"' host "$5" "$HOSTS_DIR"
    # shellcheck disable=SC2086  # the words of a command
    wait_for $SSH "root@$4" true
}

stop_hosts() {
    local name i=0
    for name in alpha beta; do
        [ ! -e "/run/netns/lab$$-$name" ] || ip netns delete "lab$$-$name"
        ip link delete "lb$$-$((i += 1))" 2>/dev/null || true
    done
}
