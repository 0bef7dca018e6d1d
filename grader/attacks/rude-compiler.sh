# shellcheck shell=bash
# rude-compiler - has the compiler say what a terminal and a browser would obey
#
# Tries: escape sequences, a script element, NUL and invalid UTF-8 in #error, in names and in a #line file name
# Holds: the compiler's words are shown as characters
# Mark: 0
# Goal: grep -q '<script>alert' /scene/compiler
printf '#line 1 "\033]0;lab-attack\007</pre><script>alert(1)</script>"\n'
printf '#error \033[2J\033c<script>alert("lab-attack")</script> \xff\xfe\xc0\xaf `touch /tmp/lab-attack`\n'
printf 'int \xe2\x80\xae = "<img src=x onerror=alert(1)>;\n'
