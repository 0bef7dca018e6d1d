# grader/tests/results.bats - results.json as Gradescope reads it, and the page

load course
load gradescope

setup() {
    lab_setup
    course
}

# hostile: a lab whose test names and outputs try to be something else
hostile() {
    lab 01-one first <<-'END'
	%test "[10] <script>alert(1)</script> & 'single' \"double\" <!-- {{x}}" { true; }
	%test "[20] output" { hint "<b>bold</b>, see exit(3)"; run prog; expect "what <i>it</i> prints" "a \"quoted\" & <tag>" "$output"; }
	%test "[70] nothing" { true; }
	END
    program labs/01-one/first 'printf "</pre><script>alert(1)</script>\033[31mred\007\r\b \377\376 \342\200\256olleh \302\205 \357\277\277 end"'
}

@test "results.json keeps every rule of Gradescope's: all passed" {
    grade
    expect rules "" "$(gradescope_faults "$RESULTS")"
    expect_json '[.tests[].number] | join(" ")' "1.1 1.2 2.1 3.1 3.2"
    expect_json '[.tests[].max_score] | add' 400
    expect_json .score 400
}

@test "results.json keeps every rule: failures, a program that does not build" {
    hostile
    sed -i 's/cp .*/false/' "$COURSE/labs/02-two/Makefile"
    grade
    expect_status 1
    expect rules "" "$(gradescope_faults "$RESULTS")"
    expect_json .score 280
}

@test "results.json keeps every rule: ungraded" {
    lab 01-one first <<-'END'
	%test "[60] skipped" { skip; }
	%test "[40] failed" { false; }
	END
    printf 'syntax (' >>"$COURSE/labs/02-two/second.bats"
    grade
    expect_no_mark
    expect rules "" "$(gradescope_faults "$RESULTS")"
    expect_match output 'not a mark, and not a zero' "$(json .output)"
}

@test "hostile names and outputs stay text in results.json" {
    hostile
    grade 01
    expect_json '.tests[0].name' "<script>alert(1)</script> & 'single' \"double\" <!-- {{x}}"
    expect "control characters in it" "" "$(jq -r '.. | strings' "$RESULTS" | LC_ALL=C grep -aP '[\x00-\x08\x0b-\x1f\x7f]')"
    expect_match output '␛\[31mred␇' "$(json '.tests[1].output')"
    expect "not UTF-8" "" "$(iconv -f utf-8 -t utf-8 "$RESULTS" 2>&1 >/dev/null)"
}

@test "a megabyte of output is cut, with a word, and the hint is still there" {
    lab 01-one first <<-'END'
	%test "[50] many lines" { hint "the last line"; run -0 bounded ./many; expect output nothing "$output"; }
	%test "[50] long lines" { hint "the last line"; run -0 bounded ./long; expect output nothing "$output"; }
	END
    printf '#!/bin/sh\nyes 0123456789 | head -c 1000000\n' >"$COURSE/labs/01-one/many"
    printf '#!/bin/sh\nhead -c 1000000 /dev/zero | tr "\\0" x\n' >"$COURSE/labs/01-one/long"
    chmod +x "$COURSE"/labs/01-one/{many,long}
    grade 01
    local number
    for number in 0 1; do
        expect_match output 'cut here: there was more' "$(json ".tests[$number].output")"
        expect_json ".tests[$number].output | length < 20000" true
        expect_match hint 'hint: the last line$' "$(json ".tests[$number].output")"
    done
    expect "size of the page" small "$([ "$(stat -c %s "$REPORT")" -lt 100000 ] && echo small)"
    expect "lines on the terminal" few "$([ "${#lines[@]}" -lt 100 ] && echo few)"
}

@test "the terminal gets no control character of a program" {
    hostile
    grade 01
    expect "control characters" "" "$(LC_ALL=C grep -aP '[\x00-\x08\x0b-\x1f\x7f]' <<<"$output")"
    expect_match picture '␛\[31mred␇' "$output"
}

@test "the page: everything escaped, no script, nothing from elsewhere" {
    hostile
    grade
    expect "script elements" "" "$(grep -i '<script' "$REPORT")"
    expect "elements that a test made" "" "$(grep -E '<(b>bold|i>it|tag)' "$REPORT")"
    expect_page '&lt;script&gt;alert\(1\)&lt;/script&gt; &amp; &(#39|apos);single&(#39|apos); &quot;double&quot; &lt;!-- \{\{x\}\}'
    expect_page '&lt;/pre&gt;&lt;script&gt;'
    expect "handlers and links outside" "" "$(grep -oE ' (on[a-z]+|src)=|href="[^#]|url\(|@import|https?:' "$REPORT")"
    expect_page "default-src 'none'"
    expect "control characters" "" "$(LC_ALL=C grep -aP '[\x00-\x08\x0b-\x1f\x7f]' "$REPORT")"
    expect "not UTF-8" "" "$(iconv -f utf-8 -t utf-8 "$REPORT" 2>&1 >/dev/null)"
}

# What HTML5 asks of a page and a line of awk can see: a doctype, a language, a
# title; every element closed, in order; every attribute quoted; no id twice.
@test "the page is well-formed" {
    hostile
    printf 'syntax (' >>"$COURSE/labs/02-two/second.bats"
    sed -i 's/cp .*/false/' "$COURSE/capstone/Makefile"
    grade
    expect "first line" "<!DOCTYPE html>" "$(head -n 1 "$REPORT")"
    expect_page '<html lang="en">'
    expect_page '<title>Not graded</title>'
    expect "ids used twice" "" "$(grep -oE ' id="[^"]*"' "$REPORT" | sort | uniq -d)"
    expect "what is not closed in order" "" "$(sed '/<style>/,/<\/style>/d' "$REPORT" | grep -oE '<[^>]*>' | awk '
        /^<!DOCTYPE/ || /^<meta / { next }
        !/^<\/?[a-z][a-z0-9]*( [a-z-]+(="[^"<]*")?)*>$/ { print "odd: " $0 }
        /^<\// { name = substr($0, 3, length($0) - 3); if (stack[depth--] != name) print "line " NR ": " $0; next }
        { name = substr($0, 2); sub(/[ >].*/, "", name); stack[++depth] = name }
        END { while (depth > 0) print "open: " stack[depth--] }')"
    expect "bare ampersands" "" "$(sed '/<style>/,/<\/style>/d' "$REPORT" | grep -oE '&($|[^a-z#])')"
}

@test "the page says everything without colour" {
    lab 01-one first <<-'END'
	%test "[50] one" { true; }
	%test "[30] two" { false; }
	%test "[20] three" { skip "no such thing"; }
	END
    grade 01
    expect_page 'passed:</span></span><span class="what">one<'
    expect_page 'failed:</span></span><span class="what">two<'
    expect_page 'not graded:</span></span><span class="what">three<'
    expect_page 'no such thing'
    expect_page 'aria-label="50 earned, 30 lost, 20 not graded, of 100 points"'
    expect_page "$(uname -r)"
}
