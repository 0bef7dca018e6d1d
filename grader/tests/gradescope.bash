# shellcheck shell=bash
# grader/tests/gradescope.bash - is that what Gradescope takes?

# gradescope_faults FILE: every rule of Gradescope's specification of results.json that it
# breaks, one a line
gradescope_faults() {
    jq -r '
        def rule($words; condition): if condition then empty else $words end;
        def one_of($list): . as $it | $list | index([$it]) != null;
        def formats: ["text", "simple_format", "html", "md", "ansi"];
        def visibilities: ["hidden", "after_due_date", "after_published", "visible"];
        def known($keys): (keys - $keys) == [];
        rule("an object"; type == "object"),
        rule("only keys that it knows"; known(["score", "execution_time", "output", "output_format", "test_output_format",
            "test_name_format", "visibility", "stdout_visibility", "extra_data", "tests", "leaderboard"])),
        rule("score: a number or absent"; (has("score") | not) or (.score | type == "number")),
        rule("execution_time: a number of seconds"; .execution_time | type == "number" and . >= 0),
        rule("output: text"; .output | type == "string"),
        rule("formats"; [.output_format, .test_output_format, .test_name_format] | all(.[]; one_of(formats))),
        rule("visibilities"; [.visibility, .stdout_visibility] | all(.[]; one_of(visibilities))),
        rule("extra_data: an object"; .extra_data | type == "object"),
        rule("tests: a list"; .tests | type == "array"),
        rule("the score is the sum of the tests, but for lateness, and for those that can never run here";
            (has("score") | not) or any(.tests[]; .extra_data.excluded) or .score == ([.tests[].score // 0] | add // 0) * (100 - (.extra_data.lost_percent // 0)) / 100),
        (.tests[] |
            rule("test: only keys that it knows"; known(["score", "max_score", "status", "name", "name_format", "number",
                "output", "output_format", "tags", "visibility", "extra_data"])),
            rule("test: score"; (has("score") | not) or (.score | type == "number" and . >= 0)),
            rule("test: max_score"; has("score") == has("max_score")),
            rule("test: at most max_score"; (has("score") | not) or .score <= .max_score),
            rule("test: status"; (has("status") | not) or (.status | one_of(["passed", "failed"]))),
            rule("test: status agrees with score"; (has("score") | not) or ((.status == "passed") == (.score == .max_score))),
            rule("test: name without points"; .name | type == "string" and length > 0 and (test("^\\[[0-9]+\\]") | not)),
            rule("test: formats are text, so that nothing is rendered"; .name_format == "text" and .output_format == "text"),
            rule("test: number, as text"; .number | type == "string" and test("^[0-9]+\\.[0-9]+$")),
            rule("test: output"; .output | type == "string" and length < 100000),
            rule("test: tags"; .tags | type == "array" and all(.[]; type == "string")),
            rule("test: visibility"; .visibility | one_of(visibilities)),
            rule("test: extra_data"; .extra_data | type == "object")),
        rule("each number once"; [.tests[].number] | length == (unique | length))' "$1"
}
