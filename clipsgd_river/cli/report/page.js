"use strict";
(() => {
  const table = document.querySelector(".incidents > table");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const texts = new Map(rows.map(row => [row, row.textContent.toLowerCase().replace(/\s+/g, " ")]));
  const tools = document.getElementById("tools");
  const search = document.getElementById("search");
  const count = document.getElementById("count");
  const all = document.getElementById("all");
  const first = Number(table.dataset.first);
  let showsAll = rows.length <= first;

  const show = () => {
    const words = search.value.toLowerCase().split("+").map(word => word.trim()).filter(Boolean);
    let found = 0;
    let shown = 0;
    for (const row of body.rows) {
      const fits = words.every(word => texts.get(row).includes(word));
      found += fits;
      row.hidden = !fits || (!showsAll && !words.length && shown >= first);
      shown += !row.hidden;
    }
    const of = shown === rows.length ? "" : ` of ${rows.length.toLocaleString("en")}`;
    count.textContent = `${shown.toLocaleString("en")}${of} shown`;
    all.hidden = shown === rows.length;
  };

  const sort = (header, place) => {
    const down = header.getAttribute("aria-sort") === "ascending";
    const key = row => {
      const cell = row.cells[place];
      return "sort" in cell.dataset ? Number(cell.dataset.sort) : cell.textContent.trim().toLowerCase();
    };
    const sorted = rows.map((row, at) => [key(row), at, row]);
    sorted.sort(([a, i], [b, j]) => (a < b ? -1 : a > b ? 1 : i - j));
    if (down) sorted.reverse();
    body.append(...sorted.map(([, , row]) => row));
    for (const each of table.tHead.rows[0].cells) each.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", down ? "descending" : "ascending");
    show();
  };

  const button = (words, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.append(...words);
    made.addEventListener("click", act);
    return made;
  };

  [...table.tHead.rows[0].cells].forEach((header, place) => {
    header.append(button([...header.childNodes], () => sort(header, place)));
  });
  for (const cell of document.querySelectorAll("[data-find]")) {
    const act = () => {
      search.value = cell.dataset.find;
      show();
      search.focus();
    };
    cell.append(button([...cell.childNodes], act));
  }
  search.addEventListener("input", show);
  all.addEventListener("click", () => {
    search.value = "";
    showsAll = true;
    show();
  });
  addEventListener("beforeprint", () => {
    showsAll = true;
    show();
  });
  table.tHead.rows[0].cells[0].setAttribute("aria-sort", "ascending");
  tools.hidden = false;
  show();
})();
