# class-intake.jq - intake.json: what one student handed in (class.md)
#
#   jq -n ... --slurpfile taken WHAT-INTAKE-SAID --rawfile sums SHA256SUMS \
#       --rawfile manifest TEXT --argjson wanted '{"capdrop.c": "01-capabilities"}' \
#       --args -f class-intake.jq OLDER...
#
# parts: for each part that there is something to grade of, the digest of it.

($sums | split("\n") | map(capture("^(?<sum>[0-9a-f]{64})  (?<name>.*)$") | { key: .name, value: .sum }) | from_entries) as $sums
| $taken[0] as $taken
| {
    id: $id, key: $key, source: $source, kind: $kind,
    time: ($when | todate), at: $when, time_from: $from,
    superseded: $ARGS.positional,
    problem: $taken.problem,
    unread: ($status != 0),
    accepted: [$taken.accepted[] | . + { sha256: $sums[.name] }],
    refused: $taken.refused,
    more: $taken.more,
    # of what it says of itself, only this, and only as text
    manifest: (($manifest | fromjson? | objects | with_entries(select(.key | IN("id", "version", "date", "score")))
        | map_values(if type == "string" then .[:200] elif type == "number" then . else null end)) // null),
    parts: (
        ([$wanted | to_entries[] | select($sums[.key]) | { key: .value, value: $sums[.key] }]
        + (if any($sums | keys[]; test("^capstone/.*\\.c$")) then [{ key: "capstone", value: $capstone }] else [] end))
        | from_entries)
}
