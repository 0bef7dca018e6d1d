// pages.js - sorts and filters the tables of a class page; it can be read without
"use strict";
const collator = new Intl.Collator("en", { numeric: true });

// What a cell is sorted by: its data-v, else its text.  Nothing comes last.
function key(row, column) {
    const cell = row.cells[column];
    return cell.dataset.v === undefined ? cell.textContent.trim() : cell.dataset.v;
}

function sort(table, column, header) {
    const down = header.getAttribute("aria-sort") === "ascending";
    const rows = Array.from(table.tBodies[0].rows, (row) => ({ row, key: key(row, column) }));
    const numbers = rows.every(({ key }) => key === "" || !isNaN(key));
    rows.sort((a, b) => {
        if (a.key === "" || b.key === "") return (a.key === "") - (b.key === "");
        const order = numbers ? a.key - b.key : collator.compare(a.key, b.key);
        return down ? -order : order;
    });
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", down ? "descending" : "ascending");
    table.tBodies[0].append(...rows.map(({ row }) => row));
}

for (const table of document.querySelectorAll("table.data")) {
    Array.from(table.tHead.rows[0].cells).forEach((header, column) => {
        const button = document.createElement("button");
        button.type = "button";
        button.append(...header.childNodes);
        header.append(button);
        button.addEventListener("click", () => sort(table, column, header));
    });
}

for (const filter of document.querySelectorAll(".filter")) {
    const input = filter.querySelector("input");
    const output = filter.querySelector("output");
    const rows = Array.from(document.getElementById(input.dataset.table).tBodies[0].rows,
        (row) => ({ row, text: row.textContent.toLowerCase() }));
    input.addEventListener("input", () => {
        const words = input.value.toLowerCase().split(/\s+/);
        let shown = 0;
        for (const { row, text } of rows) {
            row.hidden = !words.every((word) => text.includes(word));
            shown += !row.hidden;
        }
        output.textContent = `${shown} of ${rows.length}`;
    });
    filter.hidden = false;
}
