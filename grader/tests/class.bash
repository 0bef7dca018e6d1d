# shellcheck shell=bash
# grader/tests/class.bash - a class for grader/class to grade, with a stand-in
# for grader/grade that does what the submissions say

load ../../support/bats

# a_class: folders for it, and nothing handed in yet
a_class() {
    require root tool:parallel tool:jq
    user_dir
    HAND_INS=$USER_DIR/hand-ins MARKS=$USER_DIR/marks NOTES=$USER_DIR/notes
    mkdir "$HAND_INS"
    : >"$NOTES"
    export OUT=$MARKS GRADE=$LAB_TOP/grader/tests/stand-in JOBS=4
    unset ROSTER DEADLINE LATE LAB STUDENT AGAIN HOSTS HIDDEN
}

# hand_in ID EXERCISE LINE...: a file of a submission that is a folder
hand_in() {
    local file=$HAND_INS/$1/$2.c
    shift 2
    mkdir -p "${file%/*}"
    printf '%s\n' "$@" >"$file"
}

# class [VARIABLE=VALUE...]: as bats' run
class() { run class_bare "$@"; }
class_bare() { ( close_fds; exec timeout -k 5 900 env "$@" "${COURSE:-$LAB_TOP}/grader/class" "$HAND_INS" </dev/null 2>&1 ); }

# the JSON of the class, and of one student's hand-in
json() { jq -r "$1" "$MARKS/class.json"; }
expect_json() { expect "$1" "$2" "$(json "$1")"; }
student() { echo ".students[] | select(.id == \"$1\")"; }

# graded_how_often ID PART
graded_how_often() { grep -c "^$1 $2 " "$NOTES" || true; }

# no_sign_of WORD: of a process with that in its arguments; zombies have none.  The
# list of processes is made before there is the grep, whose argument it is too.
no_sign_of() { ! grep -qsaF -- "$1" /proc/[0-9]*/cmdline; }

# a_course: into $COURSE, once for a file, a copy of what grades a class: somebody
# who works on the course meanwhile would change what is done already.  It makes no
# pages, which take as long as the rest of a run; a test of them calls pages_made.
a_course() {
    make -s -C "$LAB_TOP/grader/intake"
    export COURSE=$BATS_FILE_TMPDIR/course
    mkdir "$COURSE"
    tar -C "$LAB_TOP" -cf - --exclude='step*' --exclude=bench --exclude=history --exclude=faults --exclude=attacks --exclude=oci \
        Makefile support harness grader labs capstone build/grader | tar -C "$COURSE" -xf -
    pages_made no
}

# pages_made yes|no: does a class get its pages from here on?
pages_made() {
    if [ "$1" = yes ]; then chmod +x "$COURSE/grader/pages"; else chmod -x "$COURSE/grader/pages"; fi
}
