/**
 * The page's behaviour. It only reads what the page holds and puts text into it as text, so that no name becomes
 * markup. Without it the page still shows everything, the exact permissions below the matrix.
 */
export const SCRIPT = `
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const table = $("matrix"), frame = $("frame"), tip = $("tip");
  $("tools").hidden = false;
  if (!table) return;
  const rows = [...table.tBodies[0].rows];
  const SPOKEN_MARKS = { "+": "added ", "−": "removed ", " ": "", "?": "" };
  const lines = (cell) => (cell.dataset.p || "").split("\\n").filter(Boolean);
  const spoken = (line) => (SPOKEN_MARKS[line[0]] ?? "") + line.slice(2);
  const headers = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());

  // What a search finds: names and every permission, exactly as they are written.
  const texts = new Map(rows.map((row) => [
    row,
    [row.textContent, ...[...row.cells].flatMap(lines)].join(" ").toLowerCase(),
  ]));
  for (const row of rows) {
    for (const cell of row.cells) {
      const label = lines(cell).map(spoken).join("; ");
      if (label && cell.classList.contains("type")) cell.setAttribute("aria-label", headers[cell.cellIndex] + ": " + label);
    }
  }

  const shown = () => rows.filter((row) => !row.hidden);
  function filter() {
    const words = $("find").value.toLowerCase().split(/\\s+/).filter(Boolean);
    const changes = $("changes")?.checked, risks = $("risks").checked;
    for (const row of rows) {
      const fits = words.every((word) => texts.get(row).includes(word));
      row.hidden = !fits || (changes && row.dataset.action === "same") || (risks && !("risky" in row.dataset));
    }
    const left = shown().length;
    $("count").textContent = left === rows.length ? rows.length + " tokens" : left + " of " + rows.length + " tokens";
    $("none").hidden = left > 0;
    hide();
    if (active.closest("tr").hidden) rove(shown()[0]?.cells[0] ?? table.tHead.rows[0].cells[0], false);
  }
  for (const id of ["find", "changes", "risks"]) $(id)?.addEventListener("input", filter);
  $("used").addEventListener("input", () => table.classList.toggle("used", $("used").checked));

  // One cell can be reached by Tab, the others by arrow keys: 200 rows would take thousands of presses.
  let active = rows[0].cells[0];
  function rove(cell, focus = true) {
    active.tabIndex = -1;
    active = cell;
    active.tabIndex = 0;
    if (!focus) return;
    // First the whole frame, so that its headers are in view, and then the cell within it.
    frame.scrollIntoView({ block: "nearest" });
    active.focus();
  }
  const visible = (row) => [...row.cells].filter((cell) => cell.offsetParent !== null || cell.offsetWidth > 0);
  table.addEventListener("keydown", (event) => {
    const list = [table.tHead.rows[0], ...shown()];
    const row = list.indexOf(active.closest("tr")), cells = visible(list[row] ?? list[0]), column = cells.indexOf(active);
    const to = (r, c) => {
      const target = visible(list[Math.max(0, Math.min(list.length - 1, r))]);
      rove(target[Math.max(0, Math.min(target.length - 1, c))]);
      event.preventDefault();
    };
    const all = event.ctrlKey || event.metaKey;
    if (event.key === "ArrowRight") to(row, column + 1);
    else if (event.key === "ArrowLeft") to(row, column - 1);
    else if (event.key === "ArrowDown") to(row + 1, column);
    else if (event.key === "ArrowUp") to(row - 1, column);
    else if (event.key === "PageDown") to(row + 10, column);
    else if (event.key === "PageUp") to(row - 10, column);
    else if (event.key === "Home") to(all ? 0 : row, 0);
    else if (event.key === "End") to(all ? list.length - 1 : row, cells.length - 1);
    else if (event.key === "Escape") hide();
  });

  function hide() {
    tip.hidden = true;
    document.querySelector("[aria-describedby=tip]")?.removeAttribute("aria-describedby");
  }
  function show(cell) {
    hide();
    const permissions = cell ? lines(cell) : [];
    if (permissions.length === 0) return;
    const title = document.createElement("b");
    const name = cell.closest("tr").cells[0].querySelector("b");
    title.textContent = [name?.textContent, headers[cell.cellIndex]].filter(Boolean).join(" · ");
    tip.replaceChildren(title, ...permissions.map((line) => {
      const item = document.createElement("div");
      item.className = "mono " + (line[0] === "+" ? "add" : line[0] === "−" ? "gone" : "");
      item.textContent = line;
      return item;
    }));
    tip.hidden = false;
    cell.setAttribute("aria-describedby", "tip");
    const at = cell.getBoundingClientRect(), own = tip.getBoundingClientRect();
    const below = at.bottom + 6 + own.height < innerHeight;
    tip.style.top = Math.max(4, below ? at.bottom + 6 : at.top - own.height - 6) + "px";
    tip.style.left = Math.max(8, Math.min(at.left, innerWidth - own.width - 8)) + "px";
  }
  const cellOf = (event) => event.target.closest?.("#matrix td, #matrix th");
  table.addEventListener("mouseover", (event) => show(cellOf(event)));
  table.addEventListener("mouseleave", () => show(document.activeElement?.closest?.("#matrix td, #matrix th")));
  table.addEventListener("focusin", (event) => { const cell = cellOf(event); if (cell) { rove(cell, false); show(cell); } });
  table.addEventListener("focusout", hide);
  // A cell that comes into view by its focus moves, and its tip with it; one that Escape has closed stays closed.
  frame.addEventListener("scroll", () => { if (!tip.hidden) show(document.activeElement?.closest?.("#matrix td, #matrix th")); }, { passive: true });
  table.addEventListener("mousedown", (event) => { const cell = cellOf(event); if (cell) rove(cell); });

  addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input[type=search]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      $("find").focus();
      event.preventDefault();
    }
    if (event.key === "Escape" && typing && typing.value) { typing.value = ""; filter(); }
  });
  // The frame ends where the window does, so that its headers stay in view.
  function fit() {
    const top = frame.getBoundingClientRect().top + scrollY;
    frame.style.setProperty("--room", Math.max(Math.min(innerHeight - 16, 380), innerHeight - top - 16) + "px");
  }
  addEventListener("resize", fit);
  fit();
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll(".full details:not([open])")];
    for (const each of folded) each.open = true;
  });
  addEventListener("afterprint", () => { for (const each of folded) each.open = false; });
  rove(active, false);
  filter();
})();
`;
