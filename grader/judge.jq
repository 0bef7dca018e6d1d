# judge.jq - what a run of one bats file is worth
#
#   jq -nR -L grader --argjson plan "$(jq -nR -f plan.jq FILE)" --arg file FILE \
#       --argjson status N --argjson logs true --rawfile log RUNLOG --argjson never_here '["machine:x86_64"]' \
#       --rawfile stderr STDERR --arg over "" --argjson cut false -f judge.jq RESULTS
#
# RESULTS is what bats printed with -T and its plainest formatter (cat), which
# announces each test before it runs.  A program under test that got hold of
# the descriptor can write there too, so nothing is believed that is not where
# it must be: one result per test, between its own announcement and the next,
# under its own name.  The second witness is the log that bats keeps in a
# file (from bats 1.8 on: $logs); the third is its exit status.  Where they do
# not agree, the run is not believed at all.  $over, if not empty, is why it is
# not believed from the start.  With $cut it was ended for that reason, in a sandbox:
# what it had not done by then has failed.
#
# The reason of a skip begins with a field that says of which kind it is (support/bats.bash).
# $never_here are the facilities of which this machine says itself, asked by the grader, that
# it can never have them: a test that was skipped for one of these is excluded, and
# leaves the total.  Every other skip is ungraded.
#
# {problem, running, detail, tests: [{number, points, what, state, ms, ...}]}
include "text";

# ---- one line after the other ---------------------------------------------

def refuse(words): .problem = words;

# The reason of a skip: [never FACILITY] WHY, or [mendable CODE: REMEDY] WHY
def skipped:
    (capture("^\\[never (?<code>[^][ ]+)\\] (?<reason>.*)$") // null) as $never
    | (capture("^\\[mendable (?<code>[^][ ]+): (?<remedy>[^][]+)\\] (?<reason>.*)$") // null) as $mendable
    | if $never and ($never.code | IN($never_here[])) then { state: "excluded" } + $never
      elif $never then { state: "impossible" } + $never
      elif $mendable then { state: "ungraded" } + $mendable
      else { state: "ungraded", reason: (if . == "" then "the test gives no reason" else . end) } end;

def result($line):
    .tests[-1] as $test
    | "\(.tests | length) \($test.name) in " as $it
    | if $line | startswith("ok " + $it) then
          ($line[3 + ($it | length):] | capture("^(?<ms>[0-9]+)ms(?<skip> # skip( (?<reason>.*))?)?$"))
              // null
          | if . == null then null
            elif .skip then { ms } + (.reason // "" | skipped)
            else { state: "passed", ms } end
      elif $line | startswith("not ok " + $it) then
          ($line[7 + ($it | length):] | capture("^(?<ms>[0-9]+)ms( # timeout after [0-9]+s)?$"))
              // null
          | if . == null then null else { state: "failed", ms } end
      else null end;

def step($line; $at):
    if .phase == "plan" then
        if $line == "1..\($plan.tests | length)" then .phase = "file"
        else refuse("bats announced something else than the \($plan.tests | length | plural("test")) of the file") end
    elif .phase == "file" then
        if $line == "suite " + $file then .phase = "tests"
        elif $line | test("^suite /.*/none\\.bats$") then .
        else refuse("bats ran something else than this file") end
    elif .open then
        result($line) as $result
        | if $result.state == "impossible" then
              refuse("a test is skipped for what this machine can never do (\($result.code)), and it can")
          elif $result then .tests[-1] += $result + { at: ($at + 1), said: ($at + 1) } | .open = false
          else refuse("a line that bats does not write while a test runs (did the program under test?)") end
    elif $line | startswith("begin ") then
        (.tests | length) as $done
        | if $line == "begin \($done + 1) \($plan.tests[$done].name // "")" then
              .open = true | .tests += [$plan.tests[$done] + { number: ($done + 1) }]
          else refuse("another test than the next one of the file was announced") end
    elif ($line | startswith("#")) and .tests[-1].state == "failed" then .tests[-1].said = $at + 1
    elif $line | test("^not ok [0-9]+ setup_file failed") then refuse("the test file does not run")
    else refuse("a line that bats does not write between two tests (did a program under test?)") end
    | if .problem then .at = $at else . end;

# ---- what a failed test said ----------------------------------------------

# Lines 'expected: ...' and 'observed: ...' with what follows each of them,
# 'hint: ...', and the rest (bats' own words).
def sections:
    reduce .[] as $line ({ at: null, pairs: [], rest: [], hint: null };
        if $line | startswith("expected: ") then
            .at = "expected" | .pairs += [{ expected: [$line[10:]], observed: [] }]
        elif .at == "expected" and ($line | test("^observed:( |$)")) then
            .at = "observed" | .pairs[-1].observed = [$line[10:] // "" | select(. != "")]
        elif $line | startswith("hint: ") then .at = null | .hint = $line[6:]
        elif .at then .pairs[-1][.at] += [$line]
        else .rest += [$line] end)
    | { pairs: [.pairs[:5][] | { expected: (.expected | join("\n") | shown(8000; 100)),
                                 observed: (.observed | join("\n") | shown(8000; 100)) }],
        hint: (.hint // "" | shown(500; 1)),
        rest: (.rest | join("\n") | shown(16000; 200)) };

# ---- the three witnesses --------------------------------------------------

[inputs] as $lines
| reduce range(0; $lines | length) as $at ({ phase: "plan", open: false, tests: [], problem: null };
    if .problem then . else step($lines[$at]; $at) end)
| (.tests | length) as $begun
| if $cut then
      # Nothing that it ran could write here: what was done by then counts.
      [.tests[] | select(.state)] as $done
      | del(.at) | .problem = null | .open = false
      | .tests = $done + [range($done | length; $plan.tests | length)
            | $plan.tests[.] + { number: (. + 1), state: "failed", ms: "0", reason: $over }]
  elif $over != "" then refuse($over) | del(.at)
  elif .problem then .
  elif .phase != "tests" then refuse("bats ended before the first test")
  elif .open then refuse("bats ended in the middle of test \($begun)")
  elif $begun != ($plan.tests | length) then
      refuse("bats ended after \($begun) of \($plan.tests | length | plural("test"))")
  else . end
| ([.tests[] | if .state == "failed" then "failed" else "passed" end]) as $claimed
| ($claimed | map(select(. == "failed")) | length) as $failed
| if .problem or $cut then .
  elif $status != (if $failed > 0 then 1 else 0 end) then
      refuse("bats' exit status, \($status), does not agree with its results (\($failed | plural("failed test")))")
  elif $logs and ($log | rtrimstr("\n") | split("\n") | map(split(" ")[0])) != $claimed then
      refuse("bats' own log does not agree with its results")
  else . end
| {
    problem,
    running: (if .open then .tests[-1].what else null end),
    detail: (if .problem == null then ""
        else (if .at then $lines[.at:] else $lines[-5:] end)
            | map(select(startswith("# bats warning: ") | not))
            | . + ($stderr | split("\n") | map(select(. != "" and (startswith("BATS_RUN_TMPDIR: ") | not)))) | join("\n") | shown(2000; 12) end),
    tests: (if .problem then [] else [.tests[]
        | if .state == "failed" and .at then . + ($lines[.at:.said] | map(sub("^# ?"; "")) | sections) else . end
        | .ms |= tonumber
        | .what |= visible
        | if .reason then .reason |= shown(500; 1) else . end
        | if .remedy then .remedy |= shown(300; 1) else . end
        | del(.name, .at, .said)] end)
  }
