# book/figures/namespaces.jq - what lsns says of a few processes, as a tree for dot(1)
#
# In: [{ name, namespaces: [{ ns, type, ons, pns }] }], the host's process first.

def text: tostring | gsub("&"; "&amp;") | gsub("<"; "&lt;") | gsub(">"; "&gt;");

(.[0].namespaces[] | select(.type == "user") | .ns) as $host
| . as $processes
| [$processes[].namespaces[]] | unique_by(.ns) | . as $all
# An owner or a parent that may not be seen from here is the host's.
| (map(select(.type == "user") | .ns)) as $users
| def seen: if . as $ns | $users | index($ns) then . else $host end;
  def owned($user): [$all[] | select(.type != "user" and (.ons | seen) == $user)] | sort_by(.type);
  def inside($user): [$processes[] | select(any(.namespaces[]; .ns == $user)) | .name] | join(", ");
  def box($user):
    "n\($user) [label=<<table border=\"0\" cellborder=\"0\" cellspacing=\"2\">"
    + "<tr><td colspan=\"2\" align=\"left\"><b>\(inside($user) | text)</b></td></tr>"
    + "<tr><td align=\"left\">user</td><td align=\"right\">\($user)</td></tr>"
    + ([owned($user)[] | "<tr><td align=\"left\">\(.type | text)</td><td align=\"right\">\(.ns)</td></tr>"] | join(""))
    + "</table>>];";
  "digraph namespaces {",
  "bgcolor=transparent; rankdir=LR; nodesep=0.35; ranksep=0.6;",
  "node [shape=box, style=rounded, fontname=\"sans-serif\", fontsize=11]; edge [arrowhead=none];",
  ($users[] | box(.)),
  ($all[] | select(.type == "user" and .ns != $host) | "n\(.pns | seen) -> n\(.ns);"),
  "}"
