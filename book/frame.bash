# shellcheck shell=bash
# book/frame.bash - what stands around the text of a page
#
# For book/build, which has WORK (with index.tsv) and the function pages.

THEME_BUTTON='<button type="button" id="theme" aria-label="Dark or light"><svg viewBox="0 0 20 20" aria-hidden="true"><circle cx="10" cy="10" r="7"/><path d="M10 3a7 7 0 0 1 0 14z"/></svg></button>'

html_text() { sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g; s/"/\&quot;/g'; }

# page_title PAGE: its first heading
page_title() { awk -F'\t' -v page="$1" '$1 == page && $3 == 1 { print $4; exit }' "$WORK/index.tsv"; }

# in_contents PAGE LABEL: what the contents call it
in_contents() {
    local title
    title=${2:-$(page_title "$1")}
    if [[ $title =~ ^Lab\ ([0-9]+)[:\ ·]+(.*)$ ]]; then title="${BASH_REMATCH[1]} ${BASH_REMATCH[2]}"; fi
    html_text <<<"$title"
}

# contents CURRENT: the pages by group; the sections of each folded below it
contents() {
    local page label group last='' here
    echo '<ul>'
    while IFS='|' read -r page _ label group; do
        if [ "$group" != "$last" ]; then
            echo "</ul><h2>$group</h2><ul>"
            last=$group
        fi
        here=''
        [ "$page" != "$1" ] || here=' aria-current="page"'
        printf '<li><a href="%s.html"%s>%s</a>' "$page" "$here" "$(in_contents "$page" "$label")"
        section_list "$page" "$1"
        echo '</li>'
    done < <(pages)
    echo '<li><a href="whole.html">All on one page, to print</a></li></ul>'
}

# section_list PAGE CURRENT: its sections, if it has more than a few
section_list() {
    awk -F'\t' -v page="$1" -v current="$2" '
        function text(s) { gsub(/&/, "\\&amp;", s); gsub(/</, "\\&lt;", s); return s }
        $1 == page && $3 == 2 { n++; id[n] = $2; title[n] = $4 }
        END {
            if (n < 3 || page == "index") exit
            printf "<details%s><summary aria-label=\"Sections\"></summary><ul>", page == current ? " open" : ""
            for (i = 1; i <= n; i++) {
                name = text(title[i])
                if (sub(/^Step /, "", name)) { split(name, part, ": "); name = "<b>" part[1] "</b> " substr(name, length(part[1]) + 3) }
                printf "<li><a href=\"%s#%s\">%s</a></li>", page == current ? "" : page ".html", id[i], name
            }
            printf "</ul></details>"
        }' "$WORK/index.tsv"
}

# to_and_fro PAGE: the page before, the page after
to_and_fro() {
    local page label before='' after='' seen=''
    while IFS='|' read -r page _ label _; do
        if [ "$page" = "$1" ]; then
            seen=yes
        elif [ -z "$seen" ]; then
            before="<a rel=\"prev\" href=\"$page.html\"><span>Before</span> $(in_contents "$page" "$label")</a>"
        elif [ -z "$after" ]; then
            after="<a rel=\"next\" href=\"$page.html\"><span>Next</span> $(in_contents "$page" "$label")</a>"
        fi
    done < <(pages)
    echo "<nav class=\"turn\" aria-label=\"Pages\">${before:-<span></span>}${after:-<span></span>}</nav>"
}

# page_head TITLE CLASS: the theme is set before anything is drawn
page_head() {
    cat <<END
<!DOCTYPE html>
<html lang="en" class="$2">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="How Linux containers work, by making one: six labs and a container runner.">
<title>$1</title>
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M2 9h12l-2 4H4zM8 2v6H3z' fill='%23337a8c'/%3E%3C/svg%3E">
<link rel="stylesheet" href="book.css">
<script>(function (root) { root.classList.add("js"); try { var t = localStorage.getItem("theme"); if (t) root.dataset.theme = t; } catch (e) {} })(document.documentElement);</script>
<script src="book.js" defer></script>
<script src="terminal.js" defer></script>
<script src="player.js" defer></script>
</head>
END
}

# frame PAGE BODY
frame() {
    local title
    title=$(page_title "$1" | html_text)
    [ "$1" = index ] || title="$title · Containers, made by hand"
    page_head "$title" page
    cat <<END
<body>
<a class="skip" href="#main">To the text</a>
<header class="bar">
<button type="button" id="menu" aria-expanded="false" aria-controls="contents"><svg viewBox="0 0 20 20" aria-hidden="true"><path d="M2 5h16M2 10h16M2 15h16"/></svg><span>Contents</span></button>
<a class="brand" href="index.html">Containers, made by hand</a>
<form id="search" role="search"><label for="q" class="hidden">Search the book</label><input id="q" type="search" placeholder="Search (press /)" autocomplete="off" spellcheck="false" aria-controls="found"></form>
<button type="button" id="answers" hidden aria-pressed="false"><span>Show </span>answers</button>
$THEME_BUTTON
<div id="found" role="region" aria-label="What was found" aria-live="polite" hidden></div>
</header>
<div class="columns">
<nav id="contents" aria-label="Contents">
$(contents "$1")
</nav>
<main id="main" tabindex="-1">
<article class="page-${1//./-}">
END
    cat "$2"
    echo '</article>'
    to_and_fro "$1"
    printf '</main>\n</div>\n</body>\n</html>\n'
}

# whole_page: every page, one after the other, nothing folded
whole_page() {
    local page label
    page_head 'Containers, made by hand: the whole book' whole
    cat <<END
<body>
<a class="skip" href="#main">To the text</a>
<header class="bar"><a class="brand" href="index.html">Containers, made by hand</a>$THEME_BUTTON</header>
<main id="main" tabindex="-1">
<p class="cover">Containers, made by hand</p>
<nav class="toc" aria-label="Contents"><h2>Contents</h2><ol>
END
    while IFS='|' read -r page _ label _; do
        [ "$page" = index ] || printf '<li><a href="#%s">%s</a></li>\n' "$page" "$(in_contents "$page" "$label")"
    done < <(pages)
    echo '</ol></nav>'
    while IFS='|' read -r page _; do
        echo "<article class=\"page-${page//./-}\">"
        cat "$WORK/$page.part"
        echo '</article>'
    done < <(pages)
    printf '</main>\n</body>\n</html>\n'
}

# player NAME TITLE: the place of a recording; player.js does the rest
player() {
    local title
    title=$(html_text <<<"$2")
    cat <<END
<figure class="cast" data-cast="$1"><div class="screen" role="img" aria-label="Recording: $title"></div>
<figcaption>Recorded: $title. <span class="noscript">To play it takes JavaScript.</span></figcaption></figure>
END
}
