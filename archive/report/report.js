"use strict";
// The page says everything without this. With it tables can be sorted, and a day opens where it is asked for.

const number = (text) => {
  const plain = text.replace(/[,%\s]/g, "");
  return plain !== "" && Number.isFinite(Number(plain)) ? Number(plain) : null;
};

const valueOf = (row, column) => {
  const cell = row.cells[column];
  return (cell.dataset.v ?? cell.textContent).trim();
};

const compare = (one, other) => {
  const [a, b] = [number(one), number(other)];
  if (a !== null && b !== null) return a - b;
  if ((a === null) !== (b === null)) return a === null ? 1 : -1;
  return one.localeCompare(other);
};

const sort = (table, heading) => {
  const column = heading.cellIndex;
  const isUp = heading.getAttribute("aria-sort") !== "ascending";
  for (const other of heading.parentNode.cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", isUp ? "ascending" : "descending");
  // A day has a body of its own, because what is missing stands in a row below it.
  const bodies = [...table.tBodies];
  const lines = bodies.length > 1 ? bodies.map((body) => [body.rows[0], body]) : [...bodies[0].rows].map((row) => [row, row]);
  const keyed = lines.map(([row, moved]) => [valueOf(row, column), moved]);
  keyed.sort(([one], [other]) => (isUp ? compare(one, other) : compare(other, one)));
  (bodies.length > 1 ? table : bodies[0]).append(...keyed.map(([, moved]) => moved));
};

for (const table of document.querySelectorAll("table.sortable")) {
  for (const heading of table.tHead.rows[0].cells) {
    if ("still" in heading.dataset) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => sort(table, heading));
  }
}

const dialog = document.getElementById("day");
const title = document.getElementById("day-title");
const body = document.getElementById("day-body");

const listed = (more) => (more ? more.querySelectorAll(".misses li").length : 0);

const open = (found) => {
  const [facts, more] = found.rows;
  const table = found.closest("table");
  const list = document.createElement("dl");
  list.className = "facts";
  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    const cell = facts.cells[column];
    if (column === 0 || cell.textContent.trim() === "") return;
    const pair = document.createElement("div");
    if ("still" in heading.dataset) pair.className = "wordy";
    const name = document.createElement("dt");
    const value = document.createElement("dd");
    name.textContent = heading.textContent;
    value.append(...cell.cloneNode(true).childNodes);
    pair.append(name, value);
    list.append(pair);
  });
  const [year, month, day] = facts.cells[0].textContent.split("-").map(Number);
  const date = new Date(Date.UTC(year, month - 1, day));
  const said = (parts) => date.toLocaleDateString("en-GB", { timeZone: "UTC", ...parts });
  const weekday = said({ weekday: "long" });
  title.textContent = `${table.dataset.outlet}, ${weekday} ${said({ day: "numeric", month: "long", year: "numeric" })}`;
  body.replaceChildren(list, ...(more ? more.cells[0].cloneNode(true).children : []));
  const rest = found.closest("details").querySelector(".rest");
  if (rest && listed(more) < number(facts.cells[4].textContent)) body.append(rest.cloneNode(true));
  body.querySelector("details")?.setAttribute("open", "");
  dialog.showModal();
  title.focus();
};

const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

const neighbour = (cell, days) => {
  const [, stem, iso] = /^(#d-.*-)(\d{4}-\d\d-\d\d)$/.exec(cell.getAttribute("href"));
  const date = new Date(`${iso}T00:00:00Z`);
  // Days without an article have no square: the next one that has is meant, as long as it is near.
  for (let step = 0; step < 60; step += 1) {
    date.setUTCDate(date.getUTCDate() + days);
    const found = cell.closest("section").querySelector(`a[href="${stem}${date.toISOString().slice(0, 10)}"]`);
    if (found) return found;
  }
  return null;
};

for (const calendar of document.querySelectorAll(".outlet > section")) {
  const cells = [...calendar.querySelectorAll(".cal .cell")];
  if (cells.length === 0) continue;
  let current = cells.reduce((one, other) => (other.hash > one.hash ? other : one));
  // One stop for the Tab key; arrows move between the days.
  for (const cell of cells) cell.tabIndex = cell === current ? 0 : -1;
  calendar.addEventListener("keydown", (event) => {
    const cell = event.target.closest(".cal .cell");
    if (!cell || !(event.key in moves) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const next = neighbour(cell, moves[event.key]);
    if (!next) return;
    next.closest("details").open = true;
    current.tabIndex = -1;
    current = next;
    current.tabIndex = 0;
    current.focus();
  });
  calendar.addEventListener("click", (event) => {
    const cell = event.target.closest(".cal .cell");
    if (!cell || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const found = document.getElementById(cell.getAttribute("href").slice(1));
    if (!found) return;
    event.preventDefault();
    open(found);
  });
}

document.getElementById("day-close").addEventListener("click", () => dialog.close());
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});

// Browsers open closed parts for a search of theirs, and some for an address; the others need help.
const unfold = () => {
  const found = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!found) return;
  for (let part = found.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
  found.scrollIntoView();
};
addEventListener("hashchange", unfold);
document.addEventListener("click", (event) => {
  if (event.target.closest?.('a[href^="#"]')) setTimeout(unfold);
});
unfold();
