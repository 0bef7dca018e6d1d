# shellcheck shell=bash
# archive-names - names that are something else to a shell, a terminal or a browser
# Kind: archive
#
# Tries: newlines, dashes, blanks, escape sequences, a script element, invalid UTF-8, 255 bytes; beside an honest program
# Holds: names are shown escaped, and nothing is ever called with one
# Mark: 100
mkdir -p x
cp "$HONEST" x/capdrop.c
for name in $'a\nb' -rf '--checkpoint-action=exec=touch lab-attack' $'\033]0;lab-attack\007.c' '<script>alert(1)<' \
    $'\xff\xfe\xc0\xaf' ' ' '$(touch lab-attack)' '`touch lab-attack`' 'capdrop.c ' 'CAPDROP.C' "$(printf 'n%.0s' {1..255})"; do
    : >"x/$name"
done
tar -czf attacker.tar.gz x
