# shellcheck shell=bash disable=SC2034,SC2153
# grader/class-hosts.bash - other machines that grade, reached over ssh
#
# Sourced by grader/class.  Each gets the course tree, in a folder named after
# what is in it, and builds there; GNU parallel then sends each job its
# submission and brings its result back.  A job that brings back nothing has lost
# its machine: parallel has another one do it.

HOST_NAMES=() HOST_JOBS=() HOST_SSH=()  # as given; "N/"; how to reach it, empty for ":"
USED=()                                 # those that can grade, by their number
THERE=                                  # the folder of this run on all of them

# read_hosts: the file HOSTS, looked at before anything is done
read_hosts() {
    local line count host port ssh="${SSH:-ssh} -o BatchMode=yes -o ConnectTimeout=5 -o ServerAliveInterval=5 -o ServerAliveCountMax=2"
    while read -r line _; do
        [[ -n $line && $line != '#'* ]] || continue
        count='' port='' host=$line
        if [[ $host = */* ]]; then count=${host%%/*}/ host=${host#*/}; fi
        if [[ $host =~ ^(.+):([0-9]+)$ ]]; then host=${BASH_REMATCH[1]} port=${BASH_REMATCH[2]}; fi
        [[ $host =~ ^(:|[A-Za-z0-9_@%.-]+)$ && $host != -* && $count =~ ^([1-9][0-9]*/)?$ ]] ||
            die 2 "HOSTS: $HOSTS: '$line' is not [N/][user@]host[:port]"
        HOST_NAMES+=("$line") HOST_JOBS+=("$count")
        if [ "$host" = : ]; then HOST_SSH+=(''); else HOST_SSH+=("$ssh${port:+ -p $port} $host"); fi
    done <"$HOSTS"
    [ ${#HOST_NAMES[@]} -gt 0 ] || die 2 "HOSTS: $HOSTS: no machine in it"
}

# ready_hosts: all of them at once; one where that fails is left out, with a
# word.  TREE and HIDDEN_THERE are the same everywhere, this machine included.
ready_hosts() {
    local i base pids=()
    base=/var/cache/skiff-class/$(printf '%s' "${DIGEST[@]}" | sha256sum | head -c 16)
    THERE=$base/${SCRATCH##*/.}
    TREE=$base/course
    [ -z "$HIDDEN" ] || HIDDEN_THERE=$base/hidden
    for i in "${!HOST_NAMES[@]}"; do
        ready_host "$base" "${HOST_SSH[i]}" >"$SCRATCH/host.$i" 2>&1 &
        pids+=("$!")
    done
    : >"$SCRATCH/hosts"
    for i in "${!HOST_NAMES[@]}"; do
        if wait "${pids[i]}"; then
            echo "${HOST_JOBS[i]}${HOST_SSH[i]:-:}" >>"$SCRATCH/hosts"
            USED+=("$i")
        else
            echo "class: ${HOST_NAMES[i]} is left out: $(head -n 1 "$SCRATCH/host.$i")" >&2
        fi
    done
    [ ${#USED[@]} -gt 0 ] || die 3 "none of the machines in $HOSTS can grade"
    # A folder for each job: two of one student may run on one machine.
    HOST_ARGS=(--sshloginfile "$SCRATCH/hosts" --retries 3 --workdir "$THERE/{1}.{2}"
        --transferfile 'students/{1}/submission' --return 'students/{1}/{2}.new')
}

# ready_host BASE SSH: the course there, and built.  What was built here stays
# here: that may be another distribution.  A file too few there, and tests would
# fail for it: so what decides about marks is compared.
ready_host() {
    local over=() host=
    if [ -n "$2" ]; then over=(-e "${2% *}") host=${2##* }:; fi
    on_host "$2" "[ \$(id -u) = 0 ] || { echo 'class: only root can grade there'; exit 1; }
        mkdir -p -m 700 $1/course $1/hidden $THERE && find $1 -maxdepth 1 -name 'run.*' -mtime +3 -exec rm -rf {} +" || return
    course_files | rsync -a --files-from=- "${over[@]}" "$LAB_TOP/" "$host$1/course/" || return
    rsync -a "${over[@]}" "$SCRATCH/sums" "$host$1/sums" || return
    [ -z "$HIDDEN" ] || rsync -a --delete "${over[@]}" "$HIDDEN/" "$host$1/hidden/" || return
    on_host "$2" "cd $1/course && sha256sum --quiet -c ../sums" || return
    [ -n "$GRADE" ] || on_host "$2" "cd $1/course && harness/setup --check build check &&
        flock ../lock make -s -C capstone skiff && flock ../lock make -s rootfs"
}

# course_files: what decides about marks, and what it takes to build and to run that
course_files() {
    cd "$LAB_TOP" || return
    sed 's/^[0-9a-f]*  //' "$SCRATCH/sums"
    find Makefile grader harness labs/*/README.md -maxdepth 1 -type f
}

# watch_hosts: while jobs run, see every few seconds that each machine answers; one
# that does not is struck from the list, which parallel reads again, so that no more
# jobs wait for it in vain.  The last one stays: its jobs then fail, and say so.
watch_hosts() {
    local i answered
    trap - EXIT ERR HUP INT TERM
    while sleep 3 && is_same "$1"; do
        for i in "${USED[@]}"; do
            if [ -z "${HOST_SSH[i]}" ] || ! grep -qxF -- "${HOST_JOBS[i]}${HOST_SSH[i]}" "$SCRATCH/hosts"; then continue; fi
            answered=
            for _ in 1 2; do
                # shellcheck disable=SC2086  # the words of a command
                if timeout 6 ${HOST_SSH[i]} true </dev/null 2>/dev/null; then answered=yes; break; fi
            done
            if [ -n "$answered" ] || [ "$(wc -l <"$SCRATCH/hosts")" -le 1 ]; then continue; fi
            echo "class: ${HOST_NAMES[i]} does not answer any more; the others do its work" >&2
            grep -vxF -- "${HOST_JOBS[i]}${HOST_SSH[i]}" "$SCRATCH/hosts" >"$SCRATCH/hosts.new"
            mv "$SCRATCH/hosts.new" "$SCRATCH/hosts"
        done
    done
}

# leave_hosts: what the jobs of this run had there goes
leave_hosts() {
    local i
    for i in "${USED[@]}"; do
        grep -qxF -- "${HOST_JOBS[i]}${HOST_SSH[i]:-:}" "$SCRATCH/hosts" || continue
        timeout 20 bash -c "$(declare -f on_host)"'; on_host "$@"' leave "${HOST_SSH[i]}" "rm -rf $THERE" >/dev/null 2>&1 &
    done
    wait
}

# on_host SSH COMMAND: there, or here where SSH is empty
on_host() {
    # shellcheck disable=SC2086  # the words of a command
    if [ -n "$1" ]; then $1 "$2" </dev/null; else sh -c "$2" </dev/null; fi
}
