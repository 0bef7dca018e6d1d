# pages-class.jq - a class of $n students for the tests of grader/pages
#
#   jq -n --argjson n 20 --slurpfile parts PARTS -f pages-class.jq
#
# {class, wholes: {KEY: whole.json}}.  Student i is of the sort i % 20 (sorts, below); what
# they lose varies with i, and is the same every time.
def sorts: ["perfect", "half", "no build", "builds nothing", "missing", "empty", "tampered", "error", "late", "stranger",
    "odd files", "damaged", "script", "formula", "controls", "output", "again", "pending", "hidden", "zero"];
def hostile: "</pre></div></body><script>document.title=\"owned\"</script><img src=x onerror=\"document.title='owned'\"><style>*{display:none}</style>"
    + "\u001b[31mred\u0007\u0000\r\b \u202eolleh\u2069 \u0085 {{x}} <!-- & end";
def names: ["Ada Byron", "Zoë Ångström", "张伟", "عمر الخيام", "O'Neil, \"Sam\"", "Jean-Luc Ménard", "李小龙", "Νίκος", "Siân Łukasz", "R. Núñez"];
def name($sort; $i): if $sort == "script" then "<script>document.title=\"owned\"</script><b>Bobby"
    elif $sort == "formula" then "=HYPERLINK(\"http://example.com/\",\"Bobby\")"
    elif $sort == "controls" then "\u001b[2JEve\n\u202e\"<i>x\t'--"
    elif $sort == "stranger" then null
    else names[$i % 10] + (if $i < 20 then "" else " \($i)" end) end;
def id($sort; $i): if $sort == "formula" then "@SUM(1+1)\($i)" elif $sort == "controls" then "-e <x> \($i)" else "s\(1000 + $i | tostring)" end;
def key: explode | map([.] | implode | if test("[A-Za-z0-9._@+-]") then . else "%" + (explode[0] | if . == 60 then "3C" elif . == 62 then "3E" elif . == 32 then "20" elif . == 40 then "28" else "29" end) end)
    | add | sub("^-"; "%2D");
def fails($i; $k; $sort): if $sort == "perfect" then false elif $sort == "half" then $k % 2 == 0 elif $sort == "zero" then true
    else ($i * 7 + $k * 13 + ($i * $k) % 11) % 17 < ($i % 5) + 1 end;

def result($i; $k; $sort): if fails($i; $k; $sort) then . + { state: "failed", ms: (30 + $k * 3),
        pairs: [{ expected: "CapBnd of the command: 0000000000000400", observed: (if $sort == "output" then hostile elif $sort == "hidden" and .hidden then "SECRET-OBSERVED" else "0000003fffffffff" end) }],
        hint: "the bounding set is dropped last, see capabilities(7)", rest: (if .hidden then "SECRET-REST" else "(in test file \(.file), line \(20 + $k))\n  `expect CapBnd \"$want\" \"$(proc_field \"$SPAWNED\" CapBnd)\"' failed" end) }
    else . + { state: "passed", ms: (20 + $k), pairs: [], hint: "", rest: "" } end;

def part($i; $sort):
    . as $part
    | (if $sort == "no build" and .number == 2 then false elif $sort == "builds nothing" then false else true end) as $built
    | (if $sort == "tampered" and .number == 4 then "tampered" elif $sort == "error" and .number == 5 then "error"
       elif $sort == "pending" and .number > 3 then "pending"
       elif $sort == "empty" or $sort == "damaged" or ($sort == "zero" and .number == 6) then "absent" else "graded" end) as $state
    | [if $state == "graded" or $state == "tampered" then range(0; .tests | length) as $k | .tests[$k] + { number: ($k + 1) }
        | if $built | not then . + { state: "failed", reason: "not run: it does not build" }
          elif $state == "tampered" then . + { state: "ungraded", reason: "cgrun.bats: bats' own log does not agree with its results" }
          else result($i; $k; $sort) end else empty end] as $tests
    | { part, number, exercise, of, built: $built, tests: $tests, seconds: (3 + ($i * 3 + .number) % 9),
        compiler: (if $built then "" else "\(.exercise).c: In function 'main':\n\(.exercise).c:41:9: error: 'clone_flags' undeclared (first use in this function)\n   41 |         clone_flags |= CLONE_NEWNS; // <script>document.title='owned'</script>" end),
        problems: (if $state == "tampered" then [{ what: "cgrun.bats: bats' own log does not agree with its results", detail: "ok 3 SECRET-HIDDEN-NAME in 3ms" }] else [] end),
        points: (if $state == "error" or $state == "pending" then null elif $state != "graded" then 0 else [$tests[] | select(.state == "passed").points] | add // 0 end),
        state: (if $state == "tampered" then "graded" else $state end), tampered: ($state == "tampered"), host: ":" };

def intake($i; $sort; $id; $key; $parts):
    { id: $id, key: $key, source: "\($key).tar.gz", kind: "archive", time: "2026-11-2\(if $sort == "late" then 1 else 0 end)T1\($i % 10):13:00Z", time_from: "its date",
      superseded: (if $sort == "again" then ["\($key).tgz", "\($key)"] else [] end),
      problem: (if $sort == "damaged" then "damaged: truncated gzip input" else null end),
      accepted: (if $sort == "empty" or $sort == "damaged" then [] else [$parts[] | { name: (if .part == "capstone" then "capstone/container.c" else "\(.exercise).c" end), size: (4000 + $i * 7),
          from: "\($key)/\(.exercise).c", sha256: (if $sort == "zero" or ($i % 20 == 1 and .number == 3) then "ab12\(.number)" else "00\($i)ff\(.number)" end + "0123456789abcdef0123456789abcdef0123456789abcdef") }] end),
      refused: (if $sort == "odd files" then [{ name: "s/../../etc/passwd", reason: "a way out of the folder", odd: true }, { name: "s/<img src=x onerror=alert(1)>\\n.c", reason: "a symbolic link", odd: true }, { name: "s/notes.md", reason: "not one of the expected files", odd: false }] else [] end),
      more: (if $sort == "odd files" then 9900 else 0 end), manifest: null };

$parts[0] as $parts
| ([$parts[].of] | add) as $of
| [range($n) as $i | sorts[$i % 20] as $sort | id($sort; $i) as $id | ($id | key) as $key
    | [$parts[] | part($i; $sort)] as $graded
    | (if $sort == "missing" then "missing" elif $sort == "empty" or $sort == "damaged" then "empty" elif $sort == "error" then "error" elif $sort == "pending" then "partial" else "graded" end) as $status
    | (if $status == "missing" or any($graded[]; .points == null) then null else [$graded[].points] | add end) as $points
    | (if $sort == "late" then 10 else 0 end) as $lost
    | { student: { id: $id, key: $key, name: name($sort; $i), roster: ($sort != "stranger"), status: $status,
            late_hours: (if $status == "missing" then null elif $sort == "late" then 12.5 else 0 end), points: $points, of: $of, lost_percent: $lost,
            final: (if $points == null then null else $points * (100 - $lost) / 100 end), seconds: (if $status == "missing" then 0 else [$graded[].seconds] | add end),
            parts: (if $status == "missing" then {} else [$graded[] | { key: .part, value: { state, points, of, built, tampered, stale: false, seconds, host,
                passed: ([.tests[] | select(.state == "passed")] | length), failed: ([.tests[] | select(.state == "failed")] | length),
                graded: "2026-11-22 20:15 UTC", reason: (if .state == "error" then "no memory for a container here" else null end) } }] | from_entries end),
            intake: (if $status == "missing" then null else intake($i; $sort; $id; $key; $parts) end),
            errors: [$graded[] | select(.state == "error") | { part, reason: "no memory for a container here" }] },
        whole: (if $status == "missing" then null else { student: { id: $id, key: $key, name: name($sort; $i) }, date: "2026-11-22 20:15 UTC", parts: $graded, of: $of, points: $points, status: 1, ungraded: ($points == null), reasons: [] } end) }]
| {
    class: { date: "2026-11-22 20:15 UTC", source: "hand-ins", deadline: "2026-11-20T23:59:00Z", late_rule: "10%/day", roster: true, hidden: true,
        machine: { system: "Debian GNU/Linux 12 (bookworm)", kernel: "Linux 6.1.0, x86_64" }, status: (if any(.[]; .student.status == "error") then 3 else 0 end),
        parts: [$parts[] | { part, number, exercise, of }], of: $of, unknown: [{ name: "notes <b>.txt", reason: "neither a folder nor a .tar.gz, .tgz or .tar" }],
        errors: [.[].student | .id as $id | .key as $key | .errors[] | . + { id: $id, key: $key }], students: (map(.student) | sort_by(.id)) },
    wholes: ([.[] | select(.whole) | { key: .student.key, value: .whole }] | from_entries)
}
