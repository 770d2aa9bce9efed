// The search box: suggestions while somebody types, and arrow keys through what was found.
(() => {
  "use strict";

  const box = document.getElementById("search");
  if (!box) return;
  const address = `${box.form.action.replace(/\/$/, "")}/suggest`;
  const list = document.createElement("div");
  list.id = "suggestions";
  list.className = "suggestions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", box.getAttribute("aria-label"));
  list.hidden = true;
  box.after(list);
  box.setAttribute("role", "combobox");
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-controls", list.id);
  box.setAttribute("autocomplete", "off");

  let asked = null; // The request that is under way; a newer one ends it.
  let wait = 0;
  let chosen = -1;
  const options = () => [...list.querySelectorAll("[role=option]")];

  function close() {
    clearTimeout(wait);
    asked?.abort();
    list.hidden = true;
    chosen = -1;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  }

  function choose(place) {
    const all = options();
    chosen = all.length ? (place + all.length + 1) % (all.length + 1) : -1;
    if (chosen === all.length) chosen = -1; // Past the end is the box itself.
    all.forEach((option, n) => option.setAttribute("aria-selected", n === chosen));
    if (chosen < 0) return box.removeAttribute("aria-activedescendant");
    box.setAttribute("aria-activedescendant", all[chosen].id);
    return all[chosen].scrollIntoView({ block: "nearest" });
  }

  function element(tag, className, text) {
    const made = document.createElement(tag);
    made.className = className;
    made.textContent = text;
    return made;
  }

  function show(groups) {
    list.replaceChildren();
    let count = 0;
    for (const group of groups) {
      if (!group.rows.length) continue;
      list.append(element("p", "suggestions-group", group.name));
      for (const row of group.rows) {
        const option = element("a", "suggestion", "");
        option.href = row.url;
        option.id = `suggestion-${count++}`;
        option.tabIndex = -1;
        option.setAttribute("role", "option");
        option.append(element("strong", "", row.title), element("span", "muted", row.detail));
        list.append(option);
      }
    }
    chosen = -1;
    list.hidden = count === 0;
    box.setAttribute("aria-expanded", String(count > 0));
  }

  async function ask() {
    const query = box.value.trim();
    asked?.abort();
    if (!query) return close();
    asked = new AbortController();
    try {
      const answer = await fetch(`${address}?q=${encodeURIComponent(query)}`, {
        headers: { "X-Requested-With": "fetch" },
        signal: asked.signal,
      });
      if (answer.ok && document.activeElement === box) show((await answer.json()).groups);
    } catch {
      // Aborted by the next keystroke, or no connection: Enter still searches.
    }
  }

  box.addEventListener("input", (event) => {
    if (event.isComposing) return; // Pinyin is not what is looked for.
    clearTimeout(wait);
    wait = setTimeout(ask, 150);
  });
  box.addEventListener("compositionend", () => {
    clearTimeout(wait);
    wait = setTimeout(ask, 150);
  });
  box.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (list.hidden) return;
      event.preventDefault();
      choose(event.key === "ArrowDown" ? chosen + 1 : chosen < 0 ? options().length - 1 : chosen - 1);
    } else if (event.key === "Enter" && chosen >= 0 && !list.hidden) {
      event.preventDefault();
      options()[chosen].click();
    } else if (event.key === "Escape") {
      close();
    }
  });
  box.addEventListener("blur", () => setTimeout(close, 150)); // A click on a suggestion comes first.

  // --- Through the results with the arrow keys ----------------------------------------------------------------------
  const hits = [...document.querySelectorAll("[data-hits] a.hit")];
  document.addEventListener("keydown", (event) => {
    if (!hits.length || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
    const place = hits.indexOf(document.activeElement);
    const isInBox = document.activeElement === box && list.hidden;
    if (place < 0 && !isInBox && document.activeElement !== document.body && document.activeElement.id !== "main") return;
    const next = place + (event.key === "ArrowDown" ? 1 : -1);
    if (next < 0 && place < 0) return;
    event.preventDefault();
    (hits[next] ?? (next < 0 ? box : hits[place])).focus();
  });
})();
