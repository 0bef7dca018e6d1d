# shellcheck shell=bash
# harness/doctor-verdict.bash - which parts of the course can be done here, and by whom
#
# Sourced by harness/doctor.  Two roles: the ordinary user, and root ("with sudo").  For
# each the facilities that the graded tests need (harness/needs) are tried by a process
# of that role.  A part is
#   yes      every graded test can run
#   some     some are skipped
#   no       what it is about cannot be done
#   unknown  an ordinary user asks what root could do

# Every part and both roles want these first.
ALWAYS="tools temp:exec temp:room folder"
ROOM_MB=300

declare -A LACKS=() VERDICT=() REMEDY=()    # LACKS[ROLE FACILITY]: now or never; VERDICT[ROLE PART]

declare -A NEEDS=()     # the table: NEEDS[PART COLUMN]
while IFS='|' read -r part base more; do
    # No part has a blank in its name.
    part=${part//[[:space:]]/}
    [[ -z $part || $part = \#* ]] || NEEDS["$part 2"]=$base NEEDS["$part 3"]=$more
done <"$HARNESS/needs"

# part_needs PART COLUMN ROLE: the facilities of harness/needs, for that role
part_needs() {
    local word
    for word in ${NEEDS[$1 $2]-}; do
        case $word in
            "${3/theirs/user}"/*) echo "${word#*/}" ;;
            root/* | user/*) ;;
            *) echo "$word" ;;
        esac
    done
}

# own_facility NAME: as facility, for this process, with those that only doctor knows
own_facility() {
    case $1 in
        # TOOLS: the row has found all of them.  One to whom the folder is closed cannot ask.
        tools) [ -n "$TOOLS" ] || [ ! -x "$HARNESS/setup" ] || "$HARNESS/setup" --check build >/dev/null 2>&1 && command -v jq >/dev/null &&
            printf '%s\n' 1.5 "$(bats --version 2>/dev/null | tr -cd '0-9.\n')" | sort -VC ;;
        temp:room) [ "$(df -Pm "${TMPDIR:-/tmp}" 2>/dev/null | awk 'NR == 2 { print $4 }')" -ge "$ROOM_MB" ] 2>/dev/null ;;
        folder) [ -x "$LAB_TOP/support" ] && [ -w "$LAB_TOP" ] && [ -w "$LAB_TOP/labs" ] ;;
        *) facility "$1" >/dev/null ;;
    esac
}

# lacking FACILITY...: those of them that this process does not have, one a line; one
# that this processor or kernel never has begins with `never/`
lacking() {
    local name status
    for name; do
        status=0
        own_facility "$name" || status=$?
        case $status in 0) ;; 2) echo "never/$name" ;; *) echo "$name" ;; esac
    done
}

# as_user_lacking FACILITY...: the same for the ordinary user, whom the folder of the
# course may be closed to: so the functions go along as text
as_user_lacking() {
    local code
    code=$(declare -f; declare -p TOOLS OVERLAY_PROBE ELSEWHERE HARNESS LAB_TOP ROOM_MB)
    as_user env ${TMPDIR:+TMPDIR="$TMPDIR"} bash -c 'cd /; eval "$1"; shift; lacking "$@"' bash "${code//declare --/declare -g}" "$@"
}

# try_role ROLE: LACKS of it; status 1 if this process cannot tell
try_role() {
    local part column name names
    names=$(echo "$ALWAYS" | tr ' ' '\n'
        for part in $(course_parts); do for column in 2 3; do part_needs "$part" "$column" "$1"; done; done)
    # shellcheck disable=SC2086,SC2046  # words
    set -- "$1" $(printf '%s\n' $names | sort -u)
    if [ "$1" = user ] && [ "$EUID" -eq 0 ]; then
        if facility user >/dev/null; then
            names=$(as_user_lacking "${@:2}") || return 1
        else
            names=user
        fi
    elif [ "$1" = root ] && [ "$EUID" -ne 0 ]; then
        return 1
    else
        names=$(lacking "${@:2}")
    fi
    for name in $names; do
        case $name in never/*) LACKS["$1 ${name#*/}"]=never ;; *) LACKS["$1 $name"]=now ;; esac
    done
}

# implied ROLE: what cannot be tried without another facility is not a lack of its own
implied() {
    local name without=overlay
    [ "$1" = root ] || without=overlay:user
    [ -z "${LACKS[$1 $without]-}" ] || unset -v "LACKS[$1 upper]"
    [ -z "${LACKS[$1 userns]-}" ] || for name in proc proc:user sysctl:user.max_user_namespaces; do
        unset -v "LACKS[$1 $name]"
    done
}

# judge_part ROLE PART: VERDICT, and REMEDY for what it lacks
judge_part() {
    local name verdict=yes lack=''
    implied "$1"
    # shellcheck disable=SC2086  # words
    for name in $ALWAYS $(part_needs "$2" 2 "$1"); do
        [ -z "${LACKS[$1 $name]-}" ] || { verdict=no lack+=" $name"; }
    done
    # Whom nobody can become, can do nothing.
    if [ "$1" = user ] && [ -n "${LACKS[user user]-}" ]; then verdict=no; fi
    for name in $(part_needs "$2" 3 "$1"); do
        # What can never run here is in no total.
        [ "${LACKS[$1 $name]-}" != now ] || { lack+=" $name"; [ "$verdict" = no ] || verdict=some; }
    done
    VERDICT["$1 $2"]=$verdict REMEDY["$1 $2"]=$(cheapest "$1" "$lack")
}

# cheapest ROLE FACILITIES: the one thing to do that costs least for all of them
cheapest() {
    local name all=() remedy
    for name in $2; do
        remedy=$(remedy_of "$1" "$name")
        [[ " ${all[*]/#/|} " = *"|$remedy"* ]] || all+=("$remedy")
    done
    case ${#all[@]} in
        0) ;;
        1) echo "${all[0]}" ;;
        # Root does without what only an ordinary user lacks.
        *) if [[ " $2 " = *" root "* ]]; then echo "sudo"
            elif [ -n "$LAB_VM_RUNS" ]; then echo "make vm"
            else printf '%s\n' "${all[@]}" | paste -sd';' | sed 's/;/; then /g'; fi ;;
    esac
}

# remedy_of ROLE FACILITY
remedy_of() {
    case $2 in
        root) echo "sudo" ;;
        tools | tool:*) echo "sudo make setup" ;;
        temp:* | upper) temp_remedy ;;
        user) echo "LAB_USER=name, for a login of this machine" ;;
        folder) folder_remedy "$1" ;;
        userns | overlay:user) if [ -n "$USERNS" ]; then machine_remedy; else userns_remedy; fi ;;
        subid | file:/etc/sub*) row_remedy subid ;;
        *) machine_remedy ;;
    esac
}

# machine_remedy: what only another kernel, or more power in this container, can do
machine_remedy() {
    if [ -n "$CONTAINED" ] && [ -n "$LAB_VM_RUNS" ]; then echo "make vm (or start the container with --privileged)"
    elif [ -n "$CONTAINED" ]; then echo "start the container with --privileged"
    elif [ -n "$LAB_VM_RUNS" ]; then echo "make vm"
    else echo "another machine (see below)"; fi
}

row_remedy() {
    local i
    for i in "${!ROW_ID[@]}"; do [ "${ROW_ID[i]}" != "$1" ] || echo "${ROW_REMEDY[i]}"; done
}

# temp_remedy: a folder for temporary files that will do
temp_remedy() {
    if [ -n "$TEMP_BETTER" ]; then
        echo "export TMPDIR=$TEMP_BETTER"
    else
        echo "sudo mount -t tmpfs -o mode=1777 tmpfs /tmp"
    fi
}

folder_remedy() {
    if [ "$1" = user ] && [ "$EUID" -eq 0 ]; then
        if as_user test -x "$LAB_TOP/support"; then
            echo "sudo chown -R $(lab_uid) $LAB_TOP"
        else
            echo "clone it where uid $(lab_uid) may enter (a folder above $LAB_TOP is closed)"
        fi
    else
        echo "sudo chown -R $(lab_uid) $LAB_TOP"
    fi
}

# find_temp: TEMP_BETTER, a folder that has what TMPDIR lacks, if it lacks something
find_temp() {
    local dir TMPDIR=${TMPDIR:-/tmp}
    TEMP_BETTER=''
    ! temp_will_do || return 0
    for dir in /var/tmp /tmp "$LAB_TOP/build" "${HOME:-/}"; do
        TMPDIR=$dir
        [ ! -w "$dir" ] || ! temp_will_do || { TEMP_BETTER=$dir; return; }
    done
}

temp_will_do() {
    local name
    for name in temp:exec temp:suid temp:dev temp:room; do own_facility "$name" || return; done
    if [ "$EUID" -eq 0 ] || [ -n "$USERNS" ]; then own_facility upper; fi
}

# if_folder_were_theirs: the verdict for the role "theirs"
if_folder_were_theirs() {
    local name part
    [ -n "${LACKS[user folder]-}" ] || return 0
    for name in "${!LACKS[@]}"; do
        [[ $name != user\ * || $name = *" folder" ]] || LACKS[theirs ${name#user }]=${LACKS[$name]}
    done
    for part in $(course_parts); do judge_part theirs "$part"; done
}

# verdicts: after the rows, which say what remedies there are
verdicts() {
    local part role
    LAB_VM_RUNS=''
    if [ ! -e /run/lab-vm ] && "$HARNESS/vm" --check >/dev/null 2>&1; then LAB_VM_RUNS=yes; fi
    for role in user root; do
        if try_role "$role"; then
            for part in $(course_parts); do judge_part "$role" "$part"; done
            [ "$role" = root ] || if_folder_were_theirs
        else
            for part in $(course_parts); do
                VERDICT["$role $part"]=unknown REMEDY["$role $part"]=''
                if [ -n "$NO_SUDO" ]; then VERDICT["$role $part"]=no REMEDY["$role $part"]=$(machine_remedy); fi
            done
        fi
    done
}

# remedy_for PART: that of root's verdict, or nothing but sudo is needed
remedy_for() {
    local user=${VERDICT[user $1]} root=${VERDICT[root $1]}
    if [ "$user" = yes ]; then
        case $root in yes | unknown) ;; *) echo "${REMEDY[root $1]}" ;; esac
    elif [ "$root" = yes ]; then
        [ "$EUID" -eq 0 ] || echo "sudo"
    elif [ "$root" = unknown ]; then
        echo "${REMEDY[user $1]}"
    else
        echo "${REMEDY[root $1]}"
    fi
    return 0
}

# said_of ROLE: 'labs 01 02 03: all; 04: some tests; capstone: no'
said_of() {
    local part verdict text='' list words
    for verdict in yes some no unknown; do
        list=''
        for part in $(course_parts); do
            [ "${VERDICT[$1 $part]}" != "$verdict" ] || list+=" ${part%%-*}"
        done
        [ -n "$list" ] || continue
        case $verdict in yes) words="in full" ;; some) words="in part" ;; no) words="not" ;; *) words="not known (sudo make doctor)" ;; esac
        [ "$(wc -w <<<"$list")" -ne "$(course_parts | wc -l)" ] || list=" all labs and the capstone"
        text+="${text:+; }$words:$list"
    done
    echo "$text"
}

# summary: the first lines, and the last
summary() {
    local part remedy
    local -A told=()
    printf '%-22s %s\n' "With sudo (as root)" "$(said_of root)"
    printf '%-22s %s\n' "As a user (uid $(lab_uid))" "$(said_of user)"
    if [ -n "${LACKS[user folder]-}" ]; then
        printf '%-22s %s\n' "" "because the folder is not theirs: $(folder_remedy user)"
        printf '%-22s %s\n' "" "then: $(said_of theirs)"
    fi
    for part in $(course_parts); do
        remedy=$(remedy_for "$part")
        [ -z "$remedy" ] || told[$remedy]+=" ${part%%-*}"
    done
    for remedy in "${!told[@]}"; do
        printf '%-22s %s\n' "  for${told[$remedy]}:" "$remedy"
    done | sort
}
