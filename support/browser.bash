# shellcheck shell=bash
# support/browser.bash - a real browser for the tests of pages
#
#   load ../../support/bats
#   load ../../support/browser
#   setup_file()    { browser_start; }          # nothing, where there is no browser
#   setup()         { browser_required; lab_setup; }
#   teardown_file() { browser_stop; }
#   @test "..." { browser_open file:///tmp/x.html; expect errors "" "$(browser_errors)"; }
#
# Headless Chromium behind chromedriver, spoken to over the WebDriver protocol
# with curl and jq.  Clicks and keys are the browser's own events, not calls of
# script.  One browser for a file of tests: what a test sets (size, media, script)
# lasts until browser_open, which puts it back.  It resolves no host name, so a
# page that wants something from elsewhere is an error that browser_errors shows.
# Every function's status is not 0, with a word, where the browser refuses.

# browser_lacks: what is missing for a browser here, or status 1
browser_lacks() {
    local tool
    for tool in chromium chromedriver curl jq; do
        command -v "$tool" >/dev/null || { echo "tool:$tool"; return 0; }
    done
    # Emulated, its pages take minutes; and a page is the same wherever it is looked at.
    [ "${LAB_VM-}" != 1 ] || { echo vm; return 0; }
    return 1
}

# browser_required: skip the test where there is no browser; fail it where one is, and did
# not come up
browser_required() {
    local why
    if why=$(browser_lacks); then
        [ "$why" != vm ] || mendable vm "the lab machine is too slow for a browser" "on the machine around it"
        require "$why"
    fi
    [ -n "${BROWSER_URL-}" ] || { echo "the browser did not start: ${BROWSER_SAID-}"; return 1; }
}

# browser_start: in setup_file; the tests get it through the environment.  It never fails,
# so that the tests of the file that need no browser run: browser_required says the rest.
browser_start() {
    local args port session tries
    ! browser_lacks >/dev/null || return 0
    BROWSER_DIR=$(mktemp -d "${TMPDIR:-/tmp}/browser.XXXXXX")
    mkdir "$BROWSER_DIR/profile" "$BROWSER_DIR/tmp"
    # chromedriver leaves its browser behind when it is killed.
    printf '#!/bin/sh\nexec setpriv --pdeathsig KILL chromium "$@"\n' >"$BROWSER_DIR/chromium"
    chmod +x "$BROWSER_DIR/chromium"
    # The mark finds its processes again: chromedriver's own children, too.
    BROWSER_MARK=browser-$$-$RANDOM$RANDOM
    ( close_fds; cd "$BROWSER_DIR" || exit; exec env LAB_BROWSER="$BROWSER_MARK" TMPDIR="$BROWSER_DIR/tmp" HOME="$BROWSER_DIR/tmp" \
        setpriv --pdeathsig TERM chromedriver --port=0 </dev/null >"$BROWSER_DIR/log" 2>&1 ) &
    BROWSER_PID=$!
    know "$BROWSER_PID"
    BROWSER_PID+=:${STARTED_AT[$BROWSER_PID]}
    export BROWSER_DIR BROWSER_MARK BROWSER_PID BROWSER_SAID BROWSER_URL=
    for tries in 1 2 3 4 5 6; do
        ! wait_for grep -q 'started successfully on port' "$BROWSER_DIR/log" >/dev/null || break
    done
    port=$(sed -n 's/.*started successfully on port \([0-9]*\).*/\1/p' "$BROWSER_DIR/log")
    # No sandbox: root has none in Chromium, and the pages are the course's own.
    args=$(printf '%s\n' --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync --disable-extensions \
        --force-color-profile=srgb --hide-scrollbars "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1" \
        "--user-data-dir=$BROWSER_DIR/profile" | jq -nRc '[inputs]')
    BROWSER_SAID=$(tail -n 3 "$BROWSER_DIR/log")
    BROWSER_URL=http://127.0.0.1:$port
    if session=$(jq -nc --argjson args "$args" --arg binary "$BROWSER_DIR/chromium" '
        { capabilities: { alwaysMatch: { browserName: "chrome", "goog:chromeOptions": { $args, $binary },
          "goog:loggingPrefs": { browser: "ALL" }, timeouts: { script: 30000, pageLoad: 60000 } } } }' |
        browser_call POST /session 2>"$BROWSER_DIR/said"); then
        BROWSER_URL+=/session/$(jq -r .sessionId <<<"$session")
    else
        BROWSER_SAID+=" $(cat "$BROWSER_DIR/said")"
        browser_stop
    fi
}

# browser_call METHOD PATH: the body on stdin; prints the value of the answer.
# PATH is below the session, once there is one.
browser_call() {
    local answer
    answer=$(curl -sS --noproxy '*' --max-time 120 -X "$1" -H 'Content-Type: application/json' --data-binary @- "$BROWSER_URL$2") || return
    jq -c 'if (.value | type) == "object" and .value.error then .value.message | halt_error else .value end' \
        <<<"$answer" 2>"$BROWSER_DIR/error" || { echo "browser: $(head -n 1 "$BROWSER_DIR/error")" >&2; return 1; }
}

# browser_cdp COMMAND PARAMETERS: Chromium's own protocol, for what WebDriver lacks
browser_cdp() {
    jq -nc --arg cmd "$1" --argjson params "$2" '{ $cmd, $params }' | browser_call POST /goog/cdp/execute
}

# browser_open URL: load a page, in a window of 1280 x 800, in light colours, with script
browser_open() {
    if [ ! -e "$BROWSER_DIR/as-new" ]; then
        browser_size 1280 800 && browser_media '' light && browser_scripts on || return
        : >"$BROWSER_DIR/as-new"
    fi
    jq -nc --arg url "$1" '{ $url }' | browser_call POST /url >/dev/null
}

# browser_js SCRIPT: run it as the body of a function; prints what it returns,
# text as it is, all else as JSON
browser_js() {
    jq -nc --arg script "$1" '{ $script, args: [] }' | browser_call POST /execute/sync |
        jq -r 'if type == "string" then . else tojson end'
    [ "${PIPESTATUS[1]}" -eq 0 ]
}

# browser_element CSS: the path of the first element that matches
browser_element() {
    jq -nc --arg value "$1" '{ using: "css selector", $value }' | browser_call POST /element | jq -r '"/element/" + .[]'
    [ "${PIPESTATUS[1]}" -eq 0 ]
}

# browser_click CSS: with the mouse, scrolled into view first
browser_click() {
    local element
    element=$(browser_element "$1") && browser_call POST "$element/click" <<<'{}' >/dev/null
}

# browser_type CSS TEXT: keys, into that element; $'\uE007' is Enter, $'\uE003' Backspace
browser_type() {
    local element
    element=$(browser_element "$1") &&
        jq -nc --arg text "$2" '{ $text }' | browser_call POST "$element/value" >/dev/null
}

# browser_errors: what the console has had since the last call, one line each:
# errors of script, what could not be loaded, what a Content-Security-Policy
# refused.  Nothing is good.
browser_errors() {
    local log
    log=$(browser_call POST /se/log <<<'{ "type": "browser" }') || { echo "the console cannot be read"; return 1; }
    jq -r '.[] | select(.level == "SEVERE" or .level == "WARNING") | "\(.level): \(.message)"' <<<"$log"
}

# browser_size WIDTH HEIGHT: of what the page sees.  A page that is wider has a scrollWidth
# above that.  (Not Chromium's "mobile": there the window grows with what is in it.)
browser_size() {
    rm -f "$BROWSER_DIR/as-new"
    browser_cdp Emulation.setDeviceMetricsOverride \
        "{ \"width\": $1, \"height\": $2, \"deviceScaleFactor\": 1, \"mobile\": false }" >/dev/null
}

# browser_media screen|print|'' light|dark: '' is print where it is printed, else screen
browser_media() {
    rm -f "$BROWSER_DIR/as-new"
    browser_cdp Emulation.setEmulatedMedia \
        "{ \"media\": \"$1\", \"features\": [{ \"name\": \"prefers-color-scheme\", \"value\": \"$2\" }] }" >/dev/null
}

# browser_scripts on|off: whether pages that are loaded from now on may run any.
# After browser_open turn it off and call browser_reload.
browser_scripts() {
    rm -f "$BROWSER_DIR/as-new"
    browser_cdp Emulation.setScriptExecutionDisabled "{ \"value\": $([ "$1" = off ] && echo true || echo false) }" >/dev/null
}

# browser_reload: the same page again, size, media and script as they were set
browser_reload() { browser_call POST /refresh <<<'{}' >/dev/null; }

# browser_shot FILE [full]: a picture (PNG) of the window, or of the whole page
browser_shot() {
    browser_cdp Page.captureScreenshot \
        "{ \"format\": \"png\", \"captureBeyondViewport\": $([ "${2-}" = full ] && echo true || echo false) }" |
        jq -r .data | base64 -d >"$1"
    [ -s "$1" ]
}

# browser_pdf FILE: the page as it is printed on A4
browser_pdf() {
    browser_call POST /print <<<'{ "page": { "width": 21, "height": 29.7 } }' | jq -r . | base64 -d >"$1"
    [ -s "$1" ]
}

# browser_stop: in teardown_file; nothing of it is left
browser_stop() {
    local pid tries=100
    [ -n "${BROWSER_DIR-}" ] || return 0
    [[ ${BROWSER_URL-} != */session/?* ]] || browser_call DELETE '' <<<'{}' >/dev/null 2>&1 || true
    send_signal TERM "$BROWSER_PID" || true
    while [ "$tries" -gt 0 ] && browser_pids | grep -q .; do
        tries=$((tries - 1))
        [ "$tries" -ne 50 ] || for pid in $(identified browser_pids); do send_signal KILL "$pid" || true; done
        sleep 0.05
    done
    rm -rf -- "$BROWSER_DIR"
    unset BROWSER_DIR BROWSER_URL BROWSER_PID BROWSER_MARK
}

# browser_pids: its processes, by the mark in their environment, or by its folder in
# their arguments (some of Chromium's have no environment left).  The patterns are
# in no argument, where the greps would find themselves.
browser_pids() {
    local file
    while read -r file; do
        file=${file#/proc/}
        echo "${file%%/*}"
    done < <(grep -lsaF -f <(echo "LAB_BROWSER=$BROWSER_MARK") /proc/[0-9]*/environ
        grep -lsaF -f <(echo "$BROWSER_DIR/") /proc/[0-9]*/cmdline)
}
