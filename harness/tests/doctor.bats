# harness/tests/doctor.bats - the report is true, row by row, against the kernel's own word
# shellcheck disable=SC2154  # output and status are set by run

load fixture

setup_file() {
    export REPORT=$BATS_FILE_TMPDIR/report.json
    "$BATS_TEST_DIRNAME/../doctor" --json >"$REPORT"
}

# of ID FIELD: a row of the report
of() { jq -r --arg id "$1" --arg field "$2" '.rows[] | select(.id == $id) | .[$field]' "$REPORT"; }

# mark_of STATUS: how the report says what a command's status says
mark_of() { if [ "$1" -eq 0 ]; then echo yes; else echo no; fi; }

@test "--json is one object, each row with an id of its own and a mark" {
    jq -e '.usable and (.rows | length) > 40' "$REPORT"
    expect "ids that come twice" "" "$(jq -r '.rows[].id' "$REPORT" | sort | uniq -d)"
    expect "other marks" "" "$(jq -r '.rows[].mark | select(IN("yes", "no", "unknown") | not)' "$REPORT")"
}

@test "each no says what it costs and what to do; nothing else does" {
    expect "without" "" "$(jq -r '.rows[] | select(.mark == "no" and (.costs == "" or .remedy == "")) | .id' "$REPORT")"
    expect "needless" "" "$(jq -r '.rows[] | select(.mark != "no" and (.costs != "" or .remedy != "")) | .id' "$REPORT")"
}

@test "kernel, ordinary user, limits of user namespaces" {
    expect kernel "Linux $(uname -r), $(uname -m)" "$(of kernel detail)"
    expect_match "ordinary user" "^uid $(lab_uid) " "$(of user detail)"
    [ ! -e /proc/sys/user/max_user_namespaces ] ||
        expect max_userns "$(cat /proc/sys/user/max_user_namespaces)" "$(of max_userns detail)"
    local why
    why=$(facility userns) && status=0 || status=1
    expect "userns ($why)" "$(mark_of "$status")" "$(of userns mark)"
}

@test "namespaces: as unshare finds them" {
    require root
    local kind
    for kind in mnt pid uts ipc net user cgroup time; do
        facility "ns:$kind" >/dev/null && status=0 || status=1
        expect "$kind" "$(mark_of "$status")" "$(of "ns_$kind" mark)"
    done
}

@test "control groups: layout, and where each controller is, from mountinfo" {
    local v1 v2 layout=none name where
    v2=$(grep -c ' - cgroup2 ' /proc/self/mountinfo || true)
    v1=$(grep ' - cgroup ' /proc/self/mountinfo | grep -vc 'name=' || true)
    [ "$v2" -eq 0 ] || layout=v2
    [ "$v1" -eq 0 ] || layout=v1
    [ "$v1" -eq 0 ] || [ "$v2" -eq 0 ] || layout=hybrid
    expect_match layout "^$layout" "$(of cgroup_layout detail)"
    for name in memory pids cpu cpuset hugetlb; do
        if where=$(cgroup_where "$name"); then
            expect "$name" "v${where%% *} at ${where#* }" "$(of "cgroup_$name" detail | sed 's/,.*//')"
        else
            expect_match "$name" "on no mounted hierarchy" "$(of "cgroup_$name" detail)"
        fi
    done
}

@test "subordinate ids: as the two files say" {
    local name file want=yes
    name=$(id -nu "$(lab_uid)" 2>/dev/null) || name=$(lab_uid)
    for file in /etc/subuid /etc/subgid; do
        grep -qsE "^($name|$(lab_uid)):" "$file" || want=no
    done
    expect subid "$want" "$(of subid mark)"
}

@test "seccomp, pressure, the bounding set: as /proc says" {
    expect actions "$(cat /proc/sys/kernel/seccomp/actions_avail)" "$(of seccomp_actions detail)"
    expect seccomp yes "$(of seccomp mark)"
    if grep -qs some /proc/pressure/memory; then expect psi yes "$(of psi mark)"; else expect psi no "$(of psi mark)"; fi
    local bound last
    bound=$((16#$(proc_field self CapBnd))) last=$(cat /proc/sys/kernel/cap_last_cap)
    [ "$bound" -eq $(((1 << (last + 1)) - 1)) ] && status=0 || status=1
    expect capabilities "$(mark_of "$status")" "$(of capabilities mark)"
}

@test "KVM is never claimed for the device alone" {
    if ! grep -qwE 'vmx|svm' /proc/cpuinfo && [ "$(uname -m)" = x86_64 ]; then
        expect kvm no "$(of kvm mark)"
    fi
    if [ ! -e /dev/kvm ]; then expect_match kvm "nothing at /dev/kvm" "$(of kvm detail)"; fi
}

@test "Landlock and the module list agree where both can be read" {
    if [[ $(of lsms detail) = *landlock* ]]; then expect landlock yes "$(of landlock mark)"; fi
    if [ -r /sys/kernel/security/lsm ]; then expect lsms "$(cat /sys/kernel/security/lsm)" "$(of lsms detail)"; fi
}

@test "without a compiler it reports the rest" {
    fixture
    mkdir "$TREE/bin"
    ln -s /usr/bin/* "$TREE/bin/"
    rm -f "$TREE"/bin/{cc,c89,c99,gcc,clang}*
    run env PATH="$TREE/bin" "$TREE/harness/doctor" --json
    expect_status 0
    expect landlock unknown "$(jq -r '.rows[] | select(.id == "landlock") | .mark' <<<"$output")"
    expect seccomp yes "$(jq -r '.rows[] | select(.id == "seccomp") | .mark' <<<"$output")"
}

@test "the table: marks in UTF-8, plain letters elsewhere, no colour in a pipe, status 0" {
    run env LC_ALL=C.UTF-8 ../doctor
    expect_status 0
    has "✓" "kernel"
    has_not $'\e'
    run env LC_ALL=C ../doctor
    expect_status 0
    has_not "✓" "✗" "–"
}

@test "it leaves nothing: no mount, group, namespace, process or file" {
    local before files
    fixture
    "$TREE/harness/doctor" >/dev/null # builds its probe
    # shellcheck disable=SC2034  # for footprint
    FOOTPRINT_CGROUPS='doctor.*'
    before=$(footprint)
    files=$(find "$TREE")
    run "$TREE/harness/doctor"
    expect_status 0
    expect_footprint "$before"
    expect "new files" "$files" "$(find "$TREE")"
}

@test "an ordinary user gets a report too, which says what only root can try" {
    require user
    fixture
    run as_user "$TREE/harness/doctor"
    expect_status 0
    has "kernel" "sudo make doctor" "needs root"
}

@test "wrong usage is 2" {
    run ../doctor nonsense
    expect_status 2
}

@test "the lab machine: recommended where something is missing that it has, and only there" {
    local missing
    [ ! -e /run/lab-vm ] || expect "in it" "this is it" "$(of lab_vm detail)"
    missing=$(jq -r '[.rows[] | select(.mark == "no" and IN(.id; "subid", "userns", "cgroup_v2", "landlock", "overlay", "delegation")) | .what] | join("\n")' "$REPORT")
    if [ -n "$missing" ] && [ ! -e /run/lab-vm ]; then
        expect_match "recommended" 'it has what is missing here' "$(of lab_vm detail) $(of lab_vm costs)"
        while IFS= read -r what; do expect_match "the missing" "$what" "$(of lab_vm detail) $(of lab_vm costs)"; done <<<"$missing"
    elif [ ! -e /run/lab-vm ]; then
        expect "recommended" unknown "$(of lab_vm mark)"
    fi
}

@test "a verdict for each part and role, the same lines first and last, and root's has a remedy" {
    expect parts "$(course_parts)" "$(jq -r '.verdict[].part' "$REPORT")"
    expect "other words" "" "$(jq -r '.verdict[] | .user, .root | select(IN("yes", "some", "no", "unknown") | not)' "$REPORT")"
    expect "without a remedy" "" "$(jq -r '.verdict[] | select(IN(.root; "some", "no") and .remedy == "").part' "$REPORT")"
    run ../doctor
    expect_match "the first line" "^With sudo " "${lines[0]}"
    expect "it comes twice" 2 "$(grep -cFx -- "${lines[0]}" <<<"$output")"
    expect "the last block" "$(awk '/^$/ { exit } 1' <<<"$output")" "$(awk '/^$/ { block = ""; next } { block = block $0 "\n" } END { printf "%s", block }' <<<"$output")"
}

# with_temp OPTIONS: the report with a folder for temporary files mounted so
with_temp() {
    # shellcheck disable=SC2016  # for the inner shell to expand
    run -0 unshare --mount --propagation private bash -c \
        'mount -t tmpfs -o "$1,mode=1777" tmpfs "$2" && TMPDIR=$2 exec ../doctor --json' bash "$1" "$BATS_TEST_TMPDIR"
}

@test "the folder for temporary files: noexec, nosuid, nodev, full, read-only; and what is cheaper" {
    require root ns:mnt
    local options want
    while read -r options want; do
        with_temp "$options"
        expect "temp ($options)" "$want" "$(jq -r '.rows[] | select(.id == "temp").mark' <<<"$output")"
        [ "$want" = yes ] || expect_match "remedy ($options)" "TMPDIR=/|mount -t tmpfs" \
            "$(jq -r '.rows[] | select(.id == "temp").remedy' <<<"$output")"
    done <<<"size=1g yes
        noexec no
        nosuid no
        nodev no
        size=20m no
        ro no"
    with_temp noexec
    expect "what can be done" "" "$(jq -r '.verdict[] | select(.root != "no").part' <<<"$output")"
    run -0 env TMPDIR=/nonexistent ../doctor --json
    expect "a folder that is not there" no "$(jq -r '.rows[] | select(.id == "temp").mark' <<<"$output")"
}

@test "a course that is closed to the ordinary user: the first lines and a row say so" {
    require root user
    local closed
    fixture
    run -0 "$TREE/harness/doctor" --json
    expect reach yes "$(jq -r '.rows[] | select(.id == "reach").mark' <<<"$output")"
    closed=$(mktemp -d)
    LAB_DIRS+=("$closed")
    mv "$TREE" "$closed/course"
    run -0 "$closed/course/harness/doctor" --json
    expect reach no "$(jq -r '.rows[] | select(.id == "reach").mark' <<<"$output")"
    expect "what that user can do" "" "$(jq -r '.verdict[] | select(.user != "no").part' <<<"$output")"
    run -0 "$closed/course/harness/doctor"
    expect_match "the first lines" "clone it where uid $(lab_uid) may enter" "$(head -n 3 <<<"$output")"
}
