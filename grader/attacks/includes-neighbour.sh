# shellcheck shell=bash
# includes-neighbour - somebody else's program as its own
#
# Tries: to include the neighbour's source, or the reference, from wherever it may lie
# Holds: one source file is in the container that compiles
# Mark: 0
# Goal: grep -q '^ok 5 ' tap
cat <<END
#if __has_include("$SCENE/neighbour/capdrop.c")
#include "$SCENE/neighbour/capdrop.c"
END
for dir in .. ../.. ../../.. ../../../.. /course /proc/1/cwd /proc/1/root/course; do
    for file in neighbour/capdrop.c grader/guards/plain/capdrop.c labs/01-capabilities/reference.c; do
        printf '#elif __has_include("%s")\n#include "%s"\n' "$dir/$file" "$dir/$file"
    done
done
printf '#else\nint main(void) { return 9; }\n#endif\n'
