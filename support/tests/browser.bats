# support/tests/browser.bats - the browser of the tests sees what a page does

load ../bats
load ../browser

setup_file() { browser_start; }
setup() { browser_required; lab_setup; }
teardown_file() { browser_stop; }

# page TEXT: the body of a page of our own, opened
page() {
    echo "<!DOCTYPE html><meta charset=utf-8><meta name=viewport content=width=device-width>$1" >"$BATS_TEST_TMPDIR/page.html"
    browser_open "file://$BATS_TEST_TMPDIR/page.html"
}

@test "a page without errors has none; errors of script and missing files are seen, once" {
    page '<p>nothing</p>'
    expect errors "" "$(browser_errors)"
    page '<script>nosuchthing()</script><img src=nowhere.png>'
    run browser_errors
    expect_match "an error of script" 'nosuchthing is not defined' "$output"
    expect_match "a missing file" 'nowhere.png.*ERR_FILE_NOT_FOUND' "$output"
    expect "errors, asked again" "" "$(browser_errors)"
}

@test "nothing is loaded from elsewhere" {
    page '<img src=http://example.com/x.png>'
    expect_match "an error" 'ERR_NAME_NOT_RESOLVED' "$(browser_errors)"
}

@test "clicks and keys are real ones" {
    page '<input id=i><button id=b onclick="this.textContent = event.isTrusted">no</button>'
    browser_click '#b'
    expect "the click is trusted" true "$(browser_js 'return document.querySelector("#b").textContent')"
    browser_type '#i' 'a "b" c'
    expect "what was typed" 'a "b" c' "$(browser_js 'return document.querySelector("#i").value')"
    run browser_click '#nowhere'
    expect_status 1
    expect_match "what it says" 'browser: no such element' "$output"
}

@test "size, colours and script are as set, and put back by the next page" {
    page '<p style="width: 500px">wide</p>'
    browser_size 360 640
    expect "wider than a phone" '[360,true]' "$(browser_js 'return [innerWidth, document.documentElement.scrollWidth > innerWidth]')"
    browser_media print dark
    expect "dark print" true "$(browser_js 'return matchMedia("print and (prefers-color-scheme: dark)").matches')"
    page '<b id=b>off</b><script>document.querySelector("#b").textContent = "on"</script>'
    expect "width, script" '[1280,"on"]' "$(browser_js 'return [innerWidth, document.querySelector("#b").textContent]')"
    browser_scripts off
    browser_reload
    expect script off "$(browser_js 'return document.querySelector("#b").textContent')"
}

@test "pictures and prints are there" {
    require tool:pdftotext
    page "<style>@media print { i { display: none; } }</style><p>words in print<i> and on screen</i></p>"
    browser_shot "$BATS_TEST_TMPDIR/shot.png" full
    expect_match "a picture" 'PNG' "$(head -c 4 "$BATS_TEST_TMPDIR/shot.png" | tr -d '\211')"
    browser_pdf "$BATS_TEST_TMPDIR/print.pdf"
    expect_match "a print" '^%PDF' "$(head -c 4 "$BATS_TEST_TMPDIR/print.pdf")"
    expect "its text" "words in print" "$(pdftotext "$BATS_TEST_TMPDIR/print.pdf" - | tr -d "\n\f")"
}

@test "a browser leaves nothing behind, whether it is stopped or its tests are killed" {
    local how
    # A browser has a socket in it, whose path has room for 107 bytes.
    user_dir
    cat >"$BATS_TEST_TMPDIR/run" <<END
source '$LAB_TOP/support/lib.bash'
bats_require_minimum_version() { :; }
source '$LAB_TOP/support/bats.bash'
source '$LAB_TOP/support/browser.bash'
TMPDIR='$USER_DIR' browser_start; [ -n "\${BROWSER_DIR-}" ] && echo "\$BROWSER_MARK \$BROWSER_DIR"
[ "\$1" = stay ] || browser_stop
[ "\$1" = stop ] || read -r _ <'$BATS_TEST_TMPDIR/never'
END
    mkfifo "$BATS_TEST_TMPDIR/never"
    for how in stop stay; do
        spawn bash "$BATS_TEST_TMPDIR/run" "$how"
        wait_for_line "$SPAWNED_OUT"
        # shellcheck disable=SC2034  # browser_pids reads it
        read -r BROWSER_MARK BROWSER_DIR <"$SPAWNED_OUT"
        if [ "$how" = stay ]; then
            browser_pids | grep -q . || expect "its processes" some none
            kill -KILL "$SPAWNED"
        fi
        reap "$SPAWNED"
        wait_for gone
        [ "$how" = stay ] || expect "its folder" gone "$([ ! -e "$BROWSER_DIR" ] && echo gone)"
    done
}

# wait_for_line FILE: until it has one; a browser takes its time on a busy machine
wait_for_line() {
    local tries=6
    until wait_for grep -q . "$1" || [ "$((tries -= 1))" -eq 0 ]; do :; done
    grep -q . "$1"
}
gone() { [ -z "$(browser_pids)" ]; }

@test "a browser that does not come up fails the tests that need it, and says why" {
    mkdir "$BATS_TEST_TMPDIR/bin"
    printf '#!/bin/sh\necho no screen here >&2\nexit 1\n' >"$BATS_TEST_TMPDIR/bin/chromium"
    chmod +x "$BATS_TEST_TMPDIR/bin/chromium"
    cat >"$BATS_TEST_TMPDIR/run" <<END
bats_require_minimum_version() { :; }
source '$LAB_TOP/support/bats.bash'
source '$LAB_TOP/support/browser.bash'
PATH='$BATS_TEST_TMPDIR/bin':\$PATH TMPDIR='$BATS_TEST_TMPDIR'
unset BROWSER_URL
browser_start
browser_required
END
    LAB_TIMEOUT=60 run -1 bounded bash "$BATS_TEST_TMPDIR/run"
    expect_match output 'the browser did not start: .*' "$output"
    expect "left behind" "" "$(find "$BATS_TEST_TMPDIR" -maxdepth 1 -name 'browser.*')"
}
