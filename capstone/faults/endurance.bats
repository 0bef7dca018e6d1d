#!/usr/bin/env bats
# Many containers leave as little as one.  FAULTS_FULL=1: a thousand in a row, fifty
# at once; else a hundred and twenty.
load common

@test "many containers in a row, then many at once, leave nothing" {
    hint "cgroups(7), mount_namespaces(7); what grows is in /proc/slabinfo and /proc/cgroups"
    local row=100 once=20
    [ ${#FULL[@]} -eq 0 ] || row=1000 once=50
    run in_arena "$PWD/endurance" "$row" "$once"
    echo "$output"
    expect_status 0
    expect_match "what was run" "# $row in a row" "$output"
    expect_match "what was run" "# $once at once" "$output"
}

@test "many exec in one container leave it as it was" {
    hint "each joins and goes; see setns(2)"
    run in_arena "$PWD/endurance" --exec 50
    echo "$output"
    expect_status 0
    expect_match "what was run" "# 50 exec" "$output"
}
