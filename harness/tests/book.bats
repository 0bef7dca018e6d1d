# harness/tests/book.bats - the book: made, whole, and in a browser
# bats file_tags=long
# shellcheck disable=SC2154  # output and status are set by run

load ../../support/bats
load ../../support/browser

# One book for all tests, made as the ordinary user, with two recordings of our own.
setup_file() {
    [ -z "$(lacks_for_book)" ] || return 0
    BOOK_TEST=$(mktemp -d "${TMPDIR:-/tmp}/book-test.XXXXXX")
    export BOOK_TEST BOOK_TEST_URL=file://$BOOK_TEST/site/book
    mkdir "$BOOK_TEST/casts" "$BOOK_TEST/site"
    recording >"$BOOK_TEST/casts/02-namespaces.cast"
    echo 'no recording' >"$BOOK_TEST/casts/03-userns.cast"
    [ "$EUID" -ne 0 ] || chown -R "$(lab_uid):$(lab_gid)" "$BOOK_TEST"
    ( cd "$LAB_TOP" && as_user env BOOK_CASTS="$BOOK_TEST/casts" TMPDIR="$BOOK_TEST" book/build --figures kept --out "$BOOK_TEST/site/book" ) \
        >"$BOOK_TEST/said" 2>&1 </dev/null || echo "status $?" >>"$BOOK_TEST/said"
    browser_start
}

setup() {
    local why
    lab_setup
    why=$(lacks_for_book)
    [ -z "$why" ] || require "$why"
    SITE=$BOOK_TEST/site/book
}

teardown_file() {
    browser_stop
    [ -z "${BOOK_TEST-}" ] || rm -rf -- "$BOOK_TEST"
}

# lacks_for_book: the facility that the book cannot be made without here, or nothing
lacks_for_book() {
    local tool
    for tool in pandoc jq mandoc gnuplot dot; do
        facility "tool:$tool" >/dev/null || { echo "tool:$tool"; return 0; }
    done
}

# recording: colours, a carriage return, moves of the cursor, in the first second;
# then a long pause, and the end
recording() {
    jq -nc '{ version: 2, width: 40, height: 5, title: "a <test>" },
        [0.05, "o", "\u001b[1;7m Step 3: three     \u001b[0m\r\u001b[K"], [0.1, "o", "\u001b[32m$ \u001b[0mecho one\r\n"], [0.5, "o", "one\r\n"],
        [0.6, "i", "x"], [0.7, "o", "12345\rab\u001b["], [0.8, "o", "5;38Hend"], [50.0, "o", "\u001b[2J\u001b[H\u001b[0;1;7m Step 4: four \u001b[0m\r\nlast words"]'
}

# open PAGE
open_page() { browser_open "$BOOK_TEST_URL/$1"; }

html() { (cd "$SITE" && ls -- *.html); }

# dead_links DIR: links of its pages to a file or an anchor that is not there
dead_links() {
    local page
    (
        cd "$1" || exit
        find . -type f -printf 'file\t%P\t\n'
        for page in *.html; do
            xmllint --html --xpath '//@id | //@href | //@src' "$page" 2>/dev/null |
                sed -nE "s|^ *(id)=\"(.*)\"\$|\1\t$page\t\2|p; s|^ *(href\|src)=\"(.*)\"\$|to\t$page\t\2|p"
        done | sed 's/&amp;/\&/g'
    ) | awk -F'\t' '
        $1 == "file" { file[$2] = 1 }
        $1 == "id" { id[$2 "#" $3] = 1 }
        $1 == "to" && $3 !~ /^(https?|data):/ { n++; page[n] = $2; to[n] = ($3 ~ /^#/ ? $2 : "") $3 }
        END {
            for (i = 1; i <= n; i++) {
                path = to[i]
                sub(/#.*/, "", path)
                if (!(path in file) || (to[i] ~ /#/ && !(to[i] in id))) print page[i] ": " to[i]
            }
        }'
}

@test "an ordinary user makes the book, and is told of what is no recording" {
    expect_match "what it says" "The book: $SITE/index.html" "$(cat "$BOOK_TEST/said")"
    expect_match "what it says" '03-userns.cast: no recording' "$(cat "$BOOK_TEST/said")"
    expect "lines on the way" 2 "$(wc -l <"$BOOK_TEST/said")"
    expect "left in TMPDIR" "casts said site" "$(cd "$BOOK_TEST" && echo *)"
}

@test "made anew, it replaces its own files and leaves those beside them" {
    local script
    # the functions alone, in the place of the program
    sed '/^main "\$@"$/d' "$LAB_TOP/book/build" >"$BATS_TEST_TMPDIR/functions"
    sed -i "s|^BOOK=.*|BOOK=$LAB_TOP/book|" "$BATS_TEST_TMPDIR/functions"
    mkdir -p "$BATS_TEST_TMPDIR"/{site,out/.git}
    cd "$BATS_TEST_TMPDIR" || return
    printf '%s\n' gone.html index.html ../precious >out/.book
    echo old | tee out/gone.html >out/index.html
    echo mine | tee out/CNAME precious >out/.git/config
    echo new >site/index.html
    # shellcheck disable=SC2016  # for that shell to expand
    script='source ./functions; OUT=$PWD/out SITE=$PWD/site; refuse_foreign; place'
    run bounded bash -c "$script"
    expect_status 0
    expect "what is there" ".book .git CNAME index.html" "$(cd out && shopt -s dotglob && echo *)"
    expect "the new page" new "$(cat out/index.html)"
    expect "what is mine" "mine mine mine" "$(cat out/CNAME out/.git/config precious | paste -sd' ')"
}

@test "every sheet has its page, with every step and every heading" {
    local sheet page line
    for sheet in "$LAB_TOP"/labs/*/README.md "$LAB_TOP"/book/guide.md; do
        page=$(basename "$(dirname "$sheet")").html
        [ "$page" != book.html ] || page=guide.html
        expect "headings of $page" "$(awk '/^```/ { code = !code } !code && /^## /' "$sheet" | wc -l)" "$(grep -c '^<h2 id=' "$SITE/$page")"
        while IFS= read -r line; do
            grep -q "<h2 id=\"step$line\"" "$SITE/$page" || { echo "expected: step $line in $page"; return 1; }
        done < <(sed -n 's/^## Step \([0-9]*\):.*/\1/p' "$sheet")
    done
}

@test "no link is dead, and the test of it sees one that is" {
    require tool:xmllint
    expect "dead links" "" "$(dead_links "$SITE")"
    cp -r "$SITE" "$BATS_TEST_TMPDIR/site"
    echo '<a href="nowhere.html">a</a> <a href="index.html#nowhere">b</a>' >>"$BATS_TEST_TMPDIR/site/faults.html"
    expect "dead links" "faults.html: index.html#nowhere faults.html: nowhere.html" "$(dead_links "$BATS_TEST_TMPDIR/site" | sort | paste -sd ' ')"
}

@test "ids are unique on each page, figures and the whole book too" {
    require tool:xmllint
    local page
    for page in $(html); do
        expect "ids that come twice in $page" "" \
            "$(xmllint --html --xpath '//@id' "$SITE/$page" 2>/dev/null | grep -o 'id="[^"]*"' | sort | uniq -d)"
    done
}

@test "every slide of the four decks leads somewhere, or says why not" {
    local sheets=("$LAB_TOP"/labs/*/README.md)
    run --separate-stderr awk -f "$LAB_TOP/book/slides.awk" "$LAB_TOP/book/slides.tsv" "${sheets[@]}"
    expect_status 0
    expect "what it says" "" "$stderr"
    expect "slides in the index" "$(grep -cv -e '^#' -e '=$' "$LAB_TOP/book/slides.tsv")" "$(grep -c '^| \*\*' <<<"$output")"
    expect_match "a link to a step" '\[13\]\(06-overlay.html#step13\)' "$output"
    # a slide that no sheet knows; a row that no deck knows
    { cat "$LAB_TOP/book/slides.tsv"; printf '003\tA new slide\t\n'; } >"$BATS_TEST_TMPDIR/slides.tsv"
    run awk -f "$LAB_TOP/book/slides.awk" "$BATS_TEST_TMPDIR/slides.tsv" "${sheets[@]}"
    expect_status 1
    expect_match "what it says" 'no sheet says where it shows slide: 003 A new slide' "$output"
    mkdir "$BATS_TEST_TMPDIR/01-one"
    printf '## Slides covered\n| 003 | No such slide | step 1 |\n' >"$BATS_TEST_TMPDIR/01-one/README.md"
    run awk -f "$LAB_TOP/book/slides.awk" "$LAB_TOP/book/slides.tsv" "${sheets[@]}" "$BATS_TEST_TMPDIR/01-one/README.md"
    expect_status 1
    expect_match "what it says" '01-one/README.md:2: no slide of deck 003 is called: No such slide' "$output"
}

@test "figures are drawn from a run here, or the kept one, and say which" {
    require root userns cgroup:memory tool:lsns file:"$LAB_TOP/build/rootfs"
    local kept=$BATS_TEST_TMPDIR/kept now=$BATS_TEST_TMPDIR/now
    mkdir "$kept" "$now"
    bounded "$LAB_TOP/book/figures/draw" kept "$kept"
    for name in 02-namespaces--step17 04-cgroups--step27 index--what-it-costs; do
        expect_match "$name" '<svg role="img" aria-label="[^"]{40,}".*</svg>' "$(tr '\n' ' ' <"$kept/$name.html")"
        expect_match "$name" 'From a kept run on 20[0-9-]+, Linux' "$(cat "$kept/$name.html")"
    done
    # Without the benchmark, which takes long.
    sed 's/^measure_start() {/&\n    echo "left out by a test" >\&2; return 1/' "$LAB_TOP/book/figures/draw" >"$BATS_TEST_TMPDIR/draw"
    sed -i "s|^FIGURES=.*|FIGURES=$LAB_TOP/book/figures|" "$BATS_TEST_TMPDIR/draw"
    LAB_TIMEOUT=300 run bounded bash "$BATS_TEST_TMPDIR/draw" run "$now"
    expect_status 0
    expect_output "book: figure start: from the kept run: left out by a test"
    expect_match "namespaces" "Drawn from a run on .*, Linux $(uname -r | grep -oE '^[0-9]+\.[0-9]+')" "$(cat "$now/02-namespaces--step17.html")"
    expect_match "the initial user namespace" "$(stat -Lc %i /proc/self/ns/user)" "$(cat "$now/02-namespaces--step17.html")"
    expect_match "memory" 'Drawn from a run' "$(cat "$now/04-cgroups--step27.html")"
    expect_match "start" 'From a kept run' "$(cat "$now/index--what-it-costs.html")"
}

@test "it writes over no folder that is not its own, and says what is wrong" {
    mkdir "$BATS_TEST_TMPDIR/mine"
    echo precious >"$BATS_TEST_TMPDIR/mine/thesis"
    run bounded "$LAB_TOP/book/build" --figures kept --out "$BATS_TEST_TMPDIR/mine"
    expect_status 1
    expect_output "build: $BATS_TEST_TMPDIR/mine: holds something that this program did not make; name another folder"
    expect "the file" precious "$(cat "$BATS_TEST_TMPDIR/mine/thesis")"
    run bounded "$LAB_TOP/book/build" --out "$BATS_TEST_TMPDIR/mine/thesis"
    expect_status 1
    expect_output "build: $BATS_TEST_TMPDIR/mine/thesis: is there, and no folder"
    for wrong in --nonsense "--figures some" --out extra; do
        # shellcheck disable=SC2086  # two words
        run bounded "$LAB_TOP/book/build" $wrong
        expect_status 2
        expect_match "what it says" '^build: .*see book/build --help' "$output"
        expect "lines" 1 "${#lines[@]}"
    done
    run bounded "$LAB_TOP/book/build" --help
    expect_status 0
    expect_match "the help" '--figures' "$output"
}

@test "a sheet that links to nothing stops the book; a link to a file is its name" {
    run pandoc --from markdown --lua-filter "$LAB_TOP/book/page.lua" <<<'# A

See [nothing](nowhere.md).'
    [ "$status" -ne 0 ]
    expect_match "what it says" 'a link to nowhere.md, which does not exist' "$output"
    cd "$LAB_TOP" || return
    run env BOOK_PAGE=a BOOK_PAGES='labs/06-overlay/README.md=06-overlay' pandoc --from markdown --to html --wrap none --lua-filter book/page.lua <<<'# A

[six](labs/06-overlay/README.md#step4), [the packages](harness/packages), [far](https://kernel.org)'
    expect_status 0
    expect_match "a page" '<a href="06-overlay.html#step4">six</a>' "$output"
    expect_match "a file" '<span class="file" title="harness/packages">the packages</span>' "$output"
    expect_match "elsewhere" '<a href="https://kernel.org">far</a>' "$output"
}

# ---- in a browser ---------------------------------------------------------

@test "no page has an error, loads anything from elsewhere, or is wider than a phone" {
    browser_required
    local page wide
    for page in $(html); do
        open_page "$page"
        browser_size 360 740
        expect "errors of $page" "" "$(browser_errors)"
        # What sticks out of the page, and not in a box that scrolls
        wide=$(browser_js 'var w = document.documentElement.scrollWidth; return w > innerWidth ? w : 0')
        expect "pixels wider than a phone: $page" 0 "$wide"
        expect "loaded from elsewhere by $page" 0 \
            "$(browser_js 'return performance.getEntriesByType("resource").filter(e => !e.name.startsWith("file:")).length')"
    done
}

@test "landmarks, names and contrast: a page can be read by ear, and in both themes" {
    browser_required
    local theme
    open_page 02-namespaces.html
    expect "landmarks" '[1,1,1,1,1]' "$(browser_js 'return ["main", "header.bar", "nav#contents", "h1", "html[lang=en]"].map(s => document.querySelectorAll(s).length)')"
    expect "buttons without a name" 0 "$(browser_js 'return [...document.querySelectorAll("button, summary")].filter(b => !(b.textContent.trim() || b.ariaLabel)).length')"
    expect "pictures without a text" 0 "$(browser_js 'return [...document.querySelectorAll("svg")].filter(s => !s.ariaLabel && s.ariaHidden !== "true").length')"
    expect "fields without a label" 0 "$(browser_js 'return [...document.querySelectorAll("input, select")].filter(i => !i.labels.length && !i.ariaLabel).length')"
    for theme in light dark; do
        open_page 02-namespaces.html
        browser_media screen "$theme"
        # WCAG: at least 4.5 to 1.  Each colour of the style sheet, against what it stands on.
        run browser_js "$(cat <<'END'
function lum(c) { return c.map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; })
    .reduce((s, v, i) => s + v * [.2126, .7152, .0722][i], 0); }
function rgb(name) { var d = document.createElement('i'); d.style.color = 'var(--' + name + ')'; document.body.append(d);
    var c = getComputedStyle(d).color.match(/[\d.]+/g).slice(0, 3).map(Number); d.remove(); return c; }
function low(fg, bg) { var a = lum(rgb(fg)), b = lum(rgb(bg)), r = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    return r < 4.5 ? [fg + ' on ' + bg + ': ' + r.toFixed(2)] : []; }
return [].concat(...['ink', 'soft', 'link'].flatMap(f => ['paper', 'panel', 'ask', 'code'].map(b => low(f, b))),
    ...['kw', 'ty', 'st', 'nu', 'co', 'pp', 'fu', 'root', 'user'].map(f => low(f, 'code'))).join('; ');
END
        )"
        expect "too little contrast, $theme" "" "$output"
    done
}

@test "what follows a question is folded; all can be shown, on this page and the next" {
    browser_required
    open_page 01-capabilities.html
    local answers
    answers=$(browser_js 'return document.querySelectorAll("details.answer").length')
    expect "answers, as many as the sheet asks" "$(grep -c '^\*\*Predict\.\*\*' "$LAB_TOP/labs/01-capabilities/README.md")" "$answers"
    expect "open" 0 "$(browser_js 'return document.querySelectorAll("details.answer[open]").length')"
    expect "outputs in sight in step 1" 0 "$(browser_js 'return [...document.querySelectorAll("#step1 ~ *")].slice(0, 3).filter(e => e.matches("pre.shown")).length')"
    expect "commands to try" true "$(browser_js 'return document.querySelector("#step1 ~ pre.try .cmd").checkVisibility()')"
    browser_click '#step1 ~ details.answer > summary'
    expect "open" 1 "$(browser_js 'return document.querySelectorAll("details.answer[open]").length')"
    browser_click '#answers'
    expect "open" "$answers" "$(browser_js 'return document.querySelectorAll("details.answer[open]").length')"
    open_page 02-namespaces.html
    expect "folded there" 0 "$(browser_js 'return document.querySelectorAll("details.answer:not([open])").length')"
    browser_click '#answers'
    expect "open" 0 "$(browser_js 'return document.querySelectorAll("details.answer[open]").length')"
}

@test "the search finds pivot_root, by keys, and leads there" {
    browser_required
    open_page index.html
    browser_js 'document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "/", bubbles: true }))' >/dev/null
    expect "in focus" q "$(browser_js 'return document.activeElement.id')"
    browser_type '#q' pivot_root
    wait_for found_marked pivot_root
    expect_match "how many" '^[0-9]+ sections$' "$(browser_js 'return document.querySelector("#found p").textContent')"
    expect_match "found first" '06.*pivot_root' "$(browser_js 'return document.querySelector("#found a").textContent')"
    browser_type '#q' $'\uE007'
    wait_for leads_to 06-overlay.html#
    expect errors "" "$(browser_errors)"
    open_page index.html
    browser_type '#q' 'no-such-word-anywhere'
    wait_for found_nothing
    browser_type '#q' $'\uE00C'
    expect "closed by Escape" true "$(browser_js 'return document.querySelector("#found").hidden')"
}
found_marked() { [ "$(browser_js 'var m = document.querySelector("#found mark"); return m ? m.textContent.toLowerCase() : ""')" = "$1" ]; }
found_nothing() { [ "$(browser_js 'return document.querySelector("#found").textContent')" = 'Nothing has all of these words.' ]; }
leads_to() { [[ $(browser_js 'return location.href') = *"$1"* ]]; }

@test "dark or light: as the system says, until the button is pressed" {
    browser_required
    local page='return getComputedStyle(document.body).backgroundColor' light dark
    open_page capstone.html
    light=$(browser_js "$page")
    browser_media screen dark
    dark=$(browser_js "$page")
    [ "$light" != "$dark" ] || { echo "expected: another background in the dark"; return 1; }
    browser_click '#theme'
    expect "pressed in the dark" "$light" "$(browser_js "$page")"
    open_page faults.html
    browser_media screen dark
    expect "kept on the next page" "$light" "$(browser_js "$page")"
    browser_click '#theme'
    expect "pressed again" "$dark" "$(browser_js "$page")"
    browser_js 'localStorage.clear()' >/dev/null
}

@test "on a phone the contents are behind a button" {
    browser_required
    open_page 03-userns.html
    browser_size 360 740
    expect "in sight" false "$(browser_js 'return document.querySelector("#contents").checkVisibility()')"
    browser_click '#menu'
    expect "in sight" true "$(browser_js 'return document.querySelector("#contents").checkVisibility()')"
    browser_click '#contents a[href="#step2"]'
    expect "in sight" false "$(browser_js 'return document.querySelector("#contents").checkVisibility()')"
    expect_match "at" '#step2$' "$(browser_js 'return location.href')"
}

@test "a recording plays: the screen is what the terminal showed, long pauses are cut" {
    browser_required
    open_page 02-namespaces.html
    wait_for ready_to_play
    local text='return document.querySelector(".cast pre").textContent.split("\n").map(l => l.trimEnd()).join("|")'
    expect "title" 'Recorded: a <test>. To play it takes JavaScript.' "$(browser_js 'return document.querySelector(".cast figcaption").textContent')"
    expect "before" '$ echo one|one|ab345||                                     end' "$(browser_js "$text")"
    expect "a colour" 'rgb(143, 202, 155)' "$(browser_js 'return getComputedStyle(document.querySelector(".cast pre span")).color')"
    expect_match "length, from 50 seconds" '/ 0:06$' "$(browser_js 'return document.querySelector(".cast output").textContent')"
    expect "chapters" '["Step 3: three","Step 4: four"]' "$(browser_js 'return [...document.querySelector(".cast select[aria-label=Part]").options].map(o => o.textContent)')"
    browser_js 'document.querySelector(".cast select").value = 4' >/dev/null
    browser_click '.cast button'
    expect "the button" Pause "$(browser_js 'return document.querySelector(".cast button").textContent')"
    wait_for played_to_its_end
    expect "after" ' Step 4: four|last words|||' "$(browser_js "$text")"
    browser_js 'var s = document.querySelector(".cast select[aria-label=Part]"); s.value = s.options[0].value; s.dispatchEvent(new Event("change"))' >/dev/null
    expect "at the chapter" '||||' "$(browser_js "$text")"
    browser_js 'var s = document.querySelector(".cast input"); s.value = 0.5; s.dispatchEvent(new Event("input"))' >/dev/null
    expect "back" '$ echo one|one|||' "$(browser_js "$text")"
}
ready_to_play() { [ "$(browser_js 'return document.querySelector(".cast").dataset.ready')" = yes ]; }
played_to_its_end() { [ "$(browser_js 'return document.querySelector(".cast button").textContent')" = Again ]; }

# noise SEED WIDTH HEIGHT: what a terminal may be told, in no good order: text, ends of
# lines, moves, erasing, lines and characters in and out, scrolled regions
noise() {
    awk -v seed="$1" -v W="$2" -v H="$3" '
        function pick(n) { return int(rand() * n) }
        BEGIN {
            srand(seed)
            n = split("A B C D L M P @ X", letter, " ")
            for (i = 0; i < 300; i++) {
                r = pick(27)
                if (r < 6) for (j = pick(90); j > 0; j--) printf "%c", 33 + pick(90)
                else if (r < 16) printf "\033[%d%s", pick(5), letter[1 + pick(n)]
                else if (r < 18) printf "\033[%d;%dH", 1 + pick(H), 1 + pick(W)
                else if (r < 20) printf "\033[%d%s", pick(3), pick(2) ? "J" : "K"
                else if (r < 22) printf "\033[%d%s", 1 + pick(H), pick(2) ? "d" : "G"
                else if (r == 22) { top = 1 + pick(H - 3); printf "\033[%d;%dr", top, top + 2 + pick(H - top - 2) }
                else printf "%s", r == 23 ? "\r\n" : r == 24 ? "\b\b" : r == 25 ? "\t" : "\033M"
            }
        }'
}

# screen_of FILE WIDTH HEIGHT: what tmux shows of it, without trailing blanks
screen_of() {
    local socket=book-$$-$RANDOM
    TMUX='' TMUX_TMPDIR=$BATS_TEST_TMPDIR bounded tmux -L "$socket" -f /dev/null new-session -d -x "$2" -y "$3" \
        "tmux set -g status off; stty raw -echo; cat $1; tmux wait-for -S shown; sleep 100"
    TMUX_TMPDIR=$BATS_TEST_TMPDIR bounded tmux -L "$socket" wait-for shown
    TMUX_TMPDIR=$BATS_TEST_TMPDIR bounded tmux -L "$socket" capture-pane -p | sed 's/ *$//'
    TMUX_TMPDIR=$BATS_TEST_TMPDIR bounded tmux -L "$socket" kill-server
}

@test "the player's terminal shows what tmux shows, whatever it is told" {
    browser_required
    require tool:tmux
    local seed file=$BATS_TEST_TMPDIR/noise
    open_page 02-namespaces.html
    for seed in 3 11 12 18 23; do
        noise "$seed" 60 16 >"$file"
        expect "the screen after noise $seed" "$(screen_of "$file" 60 16)" \
            "$(browser_js "var t = new bookTerminal(60, 16); t.write($(jq -Rs . "$file"));
                return t.lines.map(l => l.map(c => c[0]).join('').trimEnd()).join('\\n')")"
    done
}

@test "without script everything can be read" {
    browser_required
    open_page 02-namespaces.html
    browser_scripts off
    browser_reload
    expect "contents, text, no dead buttons" '[true,true,0]' \
        "$(browser_js 'return [document.querySelector("#contents").checkVisibility(), document.querySelector("#step1").checkVisibility(),
            [...document.querySelectorAll("button, input")].filter(b => b.checkVisibility()).length]')"
    browser_click '#step1 ~ details.answer > summary'
    expect "an answer opens" true "$(browser_js 'return document.querySelector("#step1 ~ details.answer").open')"
    browser_scripts on
}

@test "on paper: a lab with its answers, without bars and buttons; the whole book" {
    browser_required
    require tool:pdftotext tool:pdfinfo
    open_page 02-namespaces.html
    browser_pdf "$BATS_TEST_TMPDIR/lab.pdf"
    pdftotext -layout "$BATS_TEST_TMPDIR/lab.pdf" "$BATS_TEST_TMPDIR/lab.txt"
    grep -qE 'inside: +I am PID 1, my parent is PID 0' "$BATS_TEST_TMPDIR/lab.txt" || { echo "expected: on paper, an output that is folded on the screen"; return 1; }
    for gone in 'Show what happens' 'answers$' 'Read the program' 'Getting started'; do
        ! grep -q "$gone" "$BATS_TEST_TMPDIR/lab.txt" || { echo "expected nowhere on paper: $gone"; return 1; }
    done
    expect "folded again" 0 "$(browser_js 'return document.querySelectorAll("details.answer[open]").length')"
    # Not through the driver, whose patience is 10 seconds.
    LAB_TIMEOUT=300 bounded chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --disable-background-networking \
        --user-data-dir="$BATS_TEST_TMPDIR/profile" --print-to-pdf="$BATS_TEST_TMPDIR/whole.pdf" "$BOOK_TEST_URL/whole.html" 2>"$BATS_TEST_TMPDIR/log" ||
        { cat "$BATS_TEST_TMPDIR/log"; return 1; }
    pages=$(pdfinfo "$BATS_TEST_TMPDIR/whole.pdf" | awk '/^Pages:/ { print $2 }')
    [ "$pages" -gt 100 ] || { echo "expected: more than 100 pages"; echo "observed: $pages"; return 1; }
    last=$(grep -o '<h1 id="[^"]*">[^<]*' "$SITE/whole.html" | tail -n 1)
    last=${last#*>} last=${last:0:25}
    pdftotext -layout "$BATS_TEST_TMPDIR/whole.pdf" "$BATS_TEST_TMPDIR/whole.txt"
    grep -q "^ *$last" "$BATS_TEST_TMPDIR/whole.txt" || { echo "expected: the title of the last page on paper: $last..."; return 1; }
}
