# shellcheck shell=bash
# reads-shadow - has the compiler quote a file that only root may read
#
# Tries: #include "/etc/shadow", and a secret of the grader's: what the compiler says of its lines goes into the report
# Holds: it is compiled in a container with a user namespace; neither file is in it
# Mark: 0
# Goal: grep -q sesame /scene/compiler
printf '#include "/etc/shadow"\n#include "%s/secret"\nint main(void) { return 0; }\n' "$SCENE"
