# grader/tests/hosts.bats - several machines grade a class, over ssh

load hosts

setup_file() { a_course; }

setup() {
    lab_setup
    require root tool:dropbear tool:rsync tool:ssh ns:net
    a_class
    start_hosts
}

teardown() {
    lab_teardown
    stop_hosts
}

# hand_in_class N [WORD]: N students of whom it is noted who graded them; see stand-in
hand_in_class() {
    local i
    for i in $(seq -w "$1"); do hand_in "s$i" capdrop "note $NOTES" "${2-sleep 0.3}" "points $((10#$i))"; done
}

@test "two machines share a class; results come back, nothing stays behind there" {
    hand_in_class 12
    printf '# the machines\n\n2/%s\n2/%s\n' "$HOST_A" "$HOST_B" >"$USER_DIR/hosts.txt"
    class HOSTS="$USER_DIR/hosts.txt"
    expect_status 0
    expect "machines that graded" 'alpha beta' "$(awk '{ print $3 }' "$NOTES" | sort -u | paste -sd ' ')"
    expect "gradings" 12 "$(wc -l <"$NOTES")"
    expect_json '[.students[].points] | join(" ")' '1 2 3 4 5 6 7 8 9 10 11 12'
    expect_json '[.students[].parts[].host | select(.)] | unique | join(" ")' 'alpha beta'
    expect "submissions left on alpha" "" "$($SSH "$HOST_A" 'find /var/cache/skiff-class/*/run.* -type f 2>&1 | grep -v "No such file"')"
    expect_match "the course is there" payload-hold.c "$($SSH "$HOST_A" 'ls /var/cache/skiff-class/*/course/labs/01-capabilities')"
    class HOSTS="$USER_DIR/hosts.txt"
    expect_match "the second time" '0 of 12 parts' "$output"
}

@test "the real grader on another machine, which gets the course and builds it" {
    unset GRADE COURSE
    mkdir -p "$HAND_INS/ann"
    cp "$LAB_TOP/labs/01-capabilities/capdrop.c" "$HAND_INS/ann/"
    echo "1/$HOST_B" >"$USER_DIR/hosts.txt"
    class HOSTS="$USER_DIR/hosts.txt" LAB=01
    expect_status 0
    expect_json '.students[0] | "\(.points) \(.parts["01-capabilities"].host)"' '100 beta'
}

@test "a machine that dies in the middle: what it was doing is done elsewhere" {
    hand_in_class 6 "on beta"
    printf '1/%s\n1/%s\n' "$HOST_A" "$HOST_B" >"$USER_DIR/hosts.txt"
    spawn env HOSTS="$USER_DIR/hosts.txt" "$COURSE/grader/class" "$HAND_INS"
    local tries=600
    until grep -q beta "$NOTES"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || { cat "$SPAWNED_OUT" "$SPAWNED_ERR"; return 1; }
        sleep 0.1
    done
    # as when somebody pulls the plug: no goodbye
    ip link set "lb$$-2" down
    reap "$SPAWNED"
    expect_status 0 || { cat "$SPAWNED_OUT" "$SPAWNED_ERR"; return 1; }
    expect_json '[.students[].points] | join(" ")' '1 2 3 4 5 6'
    expect_json '[.students[].parts[].host | select(.)] | unique | join(" ")' 'alpha'
}

@test "a machine that cannot be reached is left out, with a word; none left is 3" {
    hand_in_class 2
    printf '%s\nroot@198.51.100.10:9\n' "$HOST_A" >"$USER_DIR/hosts.txt"
    class HOSTS="$USER_DIR/hosts.txt"
    expect_status 0
    expect_match "the word" '198.51.100.10:9 is left out: .*refused' "$output"
    expect_json '[.students[].points] | join(" ")' '1 2'
    echo root@198.51.100.10:9 >"$USER_DIR/hosts.txt"
    class HOSTS="$USER_DIR/hosts.txt" AGAIN=1
    expect_status 3
    expect_match "the word" 'none of the machines' "$output"
    expect_json '[.students[].points] | join(" ")' '1 2'
    echo '-oProxyCommand=x' >"$USER_DIR/hosts.txt"
    class HOSTS="$USER_DIR/hosts.txt" AGAIN=1
    expect_status 2
}

@test "this machine can be one of them" {
    hand_in_class 4
    printf '1/:\n1/%s\n' "$HOST_A" >"$USER_DIR/hosts.txt"
    class HOSTS="$USER_DIR/hosts.txt"
    expect_status 0
    expect "machines that graded" "$(printf '%s\n' alpha "$(hostname)" | sort | paste -sd ' ')" "$(awk '{ print $3 }' "$NOTES" | sort -u | paste -sd ' ')"
    expect_json '[.students[].points] | join(" ")' '1 2 3 4'
}

@test "Ctrl-C ends the jobs on the other machine too, and leaves nothing there" {
    hand_in_class 4 "sleep 1000"
    echo "2/$HOST_A" >"$USER_DIR/hosts.txt"
    spawn env HOSTS="$USER_DIR/hosts.txt" "$COURSE/grader/class" "$HAND_INS"
    local tries=600
    until [ "$(wc -l <"$NOTES")" -ge 2 ]; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || { cat "$SPAWNED_OUT" "$SPAWNED_ERR"; return 1; }
        sleep 0.1
    done
    run ! no_sign_of skiff-class/
    kill -INT "$SPAWNED"
    reap "$SPAWNED"
    expect_status 130
    # with the path of the course there in their arguments
    wait_for no_sign_of skiff-class/
    expect "left there" "" "$($SSH "$HOST_A" 'find /var/cache/skiff-class/*/run.*' 2>/dev/null)"
}
