#!/usr/bin/env bats
# harness/tests/containers.bats - doctor's verdict in containers, against what grading does
# bats file_tags=long
#
# In each machine doctor is asked and the parts are graded.  `yes` has to be all points,
# `some` and `no` a part that is not graded in full (status 3): of `some` at least a
# third of the points can be judged, of `no` less than half.  The containers' root is this
# machine's own, read-only below a layer of their own; they have no network.
# shellcheck disable=SC2154  # output and status are set by run

load ../../support/bats

setup() {
    lab_setup
    require root tool:jq
    export BOX
    BOX=$(mktemp -d /var/tmp/box.XXXXXX)
    LAB_DIRS+=("$BOX")
    mkdir -m 777 "$BOX/out" "$BOX/tmp"
    chmod 755 "$BOX"
    chmod 1777 "$BOX/tmp"
    # The usual limits are more than a root without CAP_SYS_RESOURCE may give.
    printf '[containers]\ndefault_ulimits = ["nofile=256:512", "nproc=512:1024"]\n[engine]\nlock_type = "file"\n' >"$BOX/conf"
    inside >"$BOX/inside"
}

# inside: the script that runs in there: inside WHO PART...
inside() {
    cat <<'END'
cd "$LAB_COURSE" && . support/lib.bash || exit 9
out=${LAB_OUT:-/out}
be() { env "$@"; }
if [ "$1" = user ]; then
    mkdir -p /var/tmp/course/build
    cp -a Makefile support grader harness labs capstone /var/tmp/course
    cp -a build/rootfs /var/tmp/course/build
    chown -R "$(lab_uid):$(lab_gid)" /var/tmp/course
    cd /var/tmp/course
    be() { as_user env "$@"; }
fi
be harness/doctor --json >"$out/doctor"
be harness/doctor >"$out/table"
shift
for part; do be OUT=/dev/null KEEP="$out/$part.json" grader/grade "$part" >/dev/null; echo $? >"$out/$part.status"; done
END
}

# engine OPTION... -- WHO PART...: podman run, in a mount namespace of its own.  Its
# streams are pipes: a runtime may give a device away that it is handed.
engine() {
    local options=()
    require tool:podman tool:runc
    while [ "$1" != -- ]; do options+=("$1"); shift; done
    shift
    ( close_fds; CONTAINERS_CONF=$BOX/conf exec unshare --mount --propagation private timeout -k 5 500 \
        podman --root "$BOX/store" --runroot "$BOX/run" --tmpdir "$BOX/run/tmp" --storage-driver vfs \
        --cgroup-manager cgroupfs --events-backend none --runtime runc --log-level error \
        "${ONLY:-run}" --rm --network none --cgroup-parent "/lab-box-$$" -e LAB_COURSE="$LAB_TOP" \
        -v "$BOX/out:/out" -v "$BOX/inside:/inside" "${options[@]}" --rootfs /:O bash /inside "$@" \
        < <(:) > >(cat) 2>&1 ) >"$BOX/said" || { cat "$BOX/said"; return 1; }
}

teardown() {
    find /sys/fs/cgroup -depth -type d -path "*/lab-box-$$*" -exec rmdir {} + 2>/dev/null || true
    lab_teardown
}

# agrees ROLE PART...: the verdict with the grade
agrees() {
    local role=$1 part word share verdict status
    shift
    for part; do
        word=$(jq -r --arg part "$part" --arg role "$role" '.verdict[] | select(.part == $part)[$role]' "$BOX/out/doctor")
        read -r status <"$BOX/out/$part.status"
        # what can be judged, in percent of the points
        share=$(jq '[.parts[].tests[]] | 100 * ([.[] | select(.state != "ungraded").points] | add // 0) / ([.[].points] | add) | floor' \
            "$BOX/out/$part.json")
        expect "failed tests of $part" "" "$(jq -r '.parts[].tests[] | select(.state == "failed").what' "$BOX/out/$part.json")"
        verdict=some
        if [ "$status" -eq 0 ]; then verdict=yes; elif [ "$share" -lt 33 ]; then verdict=no; fi
        [ "$word$verdict" != nosome ] || [ "$share" -ge 50 ] || verdict=no
        expect "verdict on $part for $role (status $status, $share % can be judged)" "$verdict" "$word"
    done
    # The others have a remedy, if it is root's verdict.
    [ "$role" != root ] || expect "without a remedy" "" \
        "$(jq -r '.verdict[] | select(.root != "yes" and .remedy == "").part' "$BOX/out/doctor")"
}

ALL="01-capabilities 02-namespaces 03-userns 04-cgroups 05-seccomp 06-overlay capstone"

@test "podman run with its defaults, as root" {
    # shellcheck disable=SC2086  # words
    { engine -- root $ALL && agrees root $ALL; }
    expect "what can be done in full" "01-capabilities" "$(jq -r '.verdict[] | select(.root == "yes").part' "$BOX/out/doctor")"
}

@test "podman run with its defaults, as an ordinary user" {
    # shellcheck disable=SC2086  # words
    { engine -- user ${ALL% *} && agrees user ${ALL% *}; }
}

@test "podman run --privileged, its temporary files on a layer: lab 06 and the capstone wait for TMPDIR" {
    engine --privileged -- root 06-overlay
    agrees root 06-overlay
    expect "not in full" "06-overlay capstone" "$(jq -r '.verdict[] | select(.root != "yes").part' "$BOX/out/doctor" | xargs)"
}

@test "podman run --privileged, with a volume on /tmp: everything" {
    engine --privileged -v "$BOX/tmp:/tmp" -- root 02-namespaces 04-cgroups 06-overlay
    agrees root 02-namespaces 04-cgroups 06-overlay
    expect "not in full" "" "$(jq -r '.verdict[] | select(.root != "yes").part' "$BOX/out/doctor")"
    expect_match "the first line" "with sudo.*all labs" "$(head -n 1 "$BOX/out/table" | tr '[:upper:]' '[:lower:]')"
    expect "the last lines" "$(head -n 1 "$BOX/out/table")" "$(grep -m 2 '^With sudo' "$BOX/out/table" | tail -n 1)"
}

@test "the container of .devcontainer: everything can be done in it" {
    local json=$LAB_TOP/.devcontainer/devcontainer.json options=()
    jq -e '.image and .privileged and (.postCreateCommand | contains("make setup"))' "$json"
    mapfile -t options < <(jq -r '(if .privileged then "--privileged" else empty end), .runArgs[], (.mounts[] | "--mount", .)' "$json")
    # An engine takes all of it; but the volume would begin as a copy of this machine's /tmp.
    ONLY=create engine "${options[@]}" -- true
    mapfile -t options < <(jq -r '(if .privileged then "--privileged" else empty end), .runArgs[],
        (.mounts[] | capture("target=(?<at>[^,]+)").at | "-v", "\(env.BOX)/tmp:\(.)")' "$json")
    expect "mounts" 1 "$(grep -c "^$BOX" < <(printf '%s\n' "${options[@]}"))"
    engine "${options[@]}" -- root 06-overlay
    agrees root 06-overlay
    expect "not in full" "" "$(jq -r '.verdict[] | select(.root != "yes").part' "$BOX/out/doctor")"
}

@test "a chroot, as an ordinary user" {
    require user
    mkdir "$BOX/root"
    # shellcheck disable=SC2016  # for the inner shell to expand
    ( close_fds; exec unshare --mount --propagation private bash -c '
        set -e
        mount --rbind / "$1/root"
        mount --make-rslave "$1/root"
        # What this root is to have of its own; nothing is made in the real one.
        mount -t tmpfs -o mode=755 tmpfs "$1/root/var/tmp"
        mkdir "$1/root/var/tmp/out"
        mount --bind "$1/out" "$1/root/var/tmp/out"
        [ -d "$1/root$2" ] || { mkdir -p "$1/root$2"; mount --bind "$2" "$1/root$2"; } # a course in /var/tmp
        LAB_COURSE=$2 LAB_OUT=/var/tmp/out exec chroot "$1/root" bash /dev/fd/3 user 02-namespaces 05-seccomp 3<"$1/inside"' \
        bash "$BOX" "$LAB_TOP" </dev/null >"$BOX/said" 2>&1 ) || { cat "$BOX/said"; return 1; }
    agrees user 02-namespaces 05-seccomp
}

@test "every facility that a graded test requires is in harness/needs" {
    local part word missing='' files
    for part in $ALL; do
        files=("$LAB_TOP/labs/$part"/*.bats)
        [ "$part" != capstone ] || files=("$LAB_TOP"/capstone/isolation/*.ba{ts,sh})
        [ "$part" = capstone ] || files=("${files[@]/%*\/steps.bats//dev/null}")
        for word in $(cat "${files[@]}" |
            sed -n '/^SKIFF_NEEDS=(/,/)/{s/SKIFF_NEEDS=(/ require /;s/^    / require /;p};/require/p' |
            grep -oE '(require|require_skiff) [a-z"$].*' | sed 's/[;#|&)].*//' | tr -d '"{}' | tr ' ' '\n' | sort -u); do
            case $word in
                require* | '' | *[\$\\@]*) continue ;;
            esac
            grep -qE "^$part .*[ /]$word( |\$)" "$LAB_TOP/harness/needs" || missing+=" $part:$word"
        done
    done
    expect "missing in harness/needs" "" "$missing"
}
