# What a course without a sandbox might test; naive starts it.
# (Directly, with every descriptor of bats open.)

@test "drops everything" { ./capdrop -- grep CapEff /proc/self/status >out && grep -q 0000000000000000 out; }
@test "never passes" { ./capdrop -- true; false; }
@test "an unknown name is refused" { ./capdrop -k nosuch -- true || [ "$?" -eq 125 ]; }
@test "runs a command" { ./capdrop -- true; }
@test "prints what the command prints" { [ "$(./capdrop -- echo hello)" = hello ]; }
@test "an unknown name is refused still" { ./capdrop -k nosuch -- true && false || [ "$?" -eq 125 ]; }
