# plan.jq - the tests that a bats file promises, read from the file itself
#
#   jq -nR -f plan.jq labs/01-capabilities/capdrop.bats
#
# {tests: [{points, what, name}], problem}: the name as bats will print it, the
# points and the words in it, in order.  problem is null, or says why nothing
# may be graded by this file.  The two patterns are those of bats itself.

# bats puts a name between double quotes in a script of its own, where bash
# takes these backslashes away.
def unquoted: gsub("\\\\(?<c>[\"$`\\\\])"; .c);
def expands: gsub("\\\\[\"$`\\\\]"; "") | test("[\"$`]");

[inputs | gsub("\r"; "")
    | capture("^[ \t]*@test[ \t]+(?<name>.*[^ \t])[ \t]+\\{")
        // capture("[ \t]*(?<name>[^ \t()]+)[ \t]*\\(?\\)?[ \t]+\\{[ \t]+#[ \t]*@test[ \t]*$")
    | .name | sub("^['\"]"; "") | sub("['\"]$"; "")] as $names

| ([$names[] | select(expands or test("[\\x00-\\x1f\\x7f]"))][0]) as $odd
| ([$names[] | select(test("^\\[[1-9][0-9]{0,2}\\] [^ ]") | not)][0]) as $pointless
| ([$names | group_by(.)[] | select(length > 1)[0]][0]) as $twice

| if $names == [] then { tests: [], problem: "it holds no test" }
  elif $odd then { tests: [], problem: "a test name with a quote, a dollar sign, a backquote or a control character: \($odd)" }
  elif $pointless then { tests: [], problem: "a test name that does not start with its points: \($pointless)" }
  elif $twice then { tests: [], problem: "two tests have the same name: \($twice)" }
  else {
      problem: null,
      tests: [$names[] | unquoted
          | capture("^\\[(?<points>[0-9]+)\\] (?<what>.*)") + { name: . }
          | .points |= tonumber]
  } end
