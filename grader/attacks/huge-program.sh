# shellcheck shell=bash
# huge-program - a megabyte of source would be too long, a gigabyte of program is not
#
# Tries: an initialised array of 8 GB: assembler, linker and disk have much to do
# Holds: limits of file size, memory and time on the container that compiles
# Mark: 0
# Goal: ! [ -x capdrop ]
printf 'char much[8L << 30] = { 1 };\nint main(void) { return much[0]; }\n'
