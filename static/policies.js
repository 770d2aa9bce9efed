// Rows of a policy's form: added from a template, removed, moved. A row's fields are named by its place
// (targets-2-amount), and a row may hold rows of its own (chains-0-steps-1-wait); so after every change all places are
// counted anew, from the outside inwards.
(() => {
  "use strict";
  const NAMES = ["name", "id", "for"];

  function rename(row, prefix) {
    const old = row.dataset.prefix;
    row.dataset.prefix = prefix;
    for (const element of row.querySelectorAll("[name], [id], [for], [data-prefix]")) {
      for (const attribute of [...NAMES, "data-prefix"]) {
        const value = element.getAttribute(attribute);
        if (value?.startsWith(old)) element.setAttribute(attribute, prefix + value.slice(old.length));
      }
    }
  }

  function rowsOf(table) {
    return [...table.children].filter((child) => child.hasAttribute("data-row"));
  }

  function count(table, outer) {
    rowsOf(table).forEach((row, place) => {
      rename(row, `${outer}${table.dataset.rows}-${place}-`);
      for (const inner of row.querySelectorAll("[data-rows]")) {
        if (inner.parentElement.closest("[data-row]") === row) count(inner, row.dataset.prefix);
      }
    });
  }

  // The server names a row when it draws it; its prefix is what its fields begin with.
  function learn(root, outer) {
    for (const table of root.querySelectorAll("[data-rows]")) {
      if (table.parentElement.closest("[data-rows]") !== (root === document ? null : root.closest("[data-rows]"))) continue;
      rowsOf(table).forEach((row, place) => {
        row.dataset.prefix = `${outer}${table.dataset.rows}-${place}-`;
        learn(row, row.dataset.prefix);
      });
    }
  }

  function countAll() {
    for (const table of document.querySelectorAll("[data-rows]")) {
      if (!table.parentElement.closest("[data-rows]")) count(table, "");
    }
  }

  function add(button) {
    const around = button.closest("[data-row]") ?? document;
    const table = around.querySelector(`[data-rows="${button.dataset.rowAdd}"]`);
    const template = table.querySelector(":scope > template");
    const row = template.content.firstElementChild.cloneNode(true);
    // The template's fields stand at places like __0__; nested templates keep theirs until they are used.
    const outer = around === document ? "" : around.dataset.prefix;
    const named = row.querySelector("[name]").name;
    row.dataset.prefix = named.slice(0, named.lastIndexOf("__-") + 3);
    rename(row, `${outer}${table.dataset.rows}-${rowsOf(table).length}-`);
    table.insertBefore(row, template);
    row.querySelector("select, input:not([type=hidden])")?.focus();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.hasAttribute("data-row-add")) add(button);
    const row = button.closest("[data-row]");
    const near = (which) => {
      for (let other = row[which]; other; other = other[which]) if (other.hasAttribute("data-row")) return other;
      return null;
    };
    if (button.hasAttribute("data-row-remove")) row.remove();
    else if (button.hasAttribute("data-row-up")) near("previousElementSibling")?.before(row);
    else if (button.hasAttribute("data-row-down")) near("nextElementSibling")?.after(row);
    else return;
    countAll();
    if (row.isConnected) button.focus();
  });

  learn(document, "");
})();
