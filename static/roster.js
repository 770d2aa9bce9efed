// The roster's own script: hours chosen by a drag or by arrow keys, a rotation's preview, places in its order.
// Without it every one of these is a link or a form that does the same in one more step.
(() => {
  "use strict";

  const HOUR = 3_600_000;

  // --- Printing ---------------------------------------------------------------------------------------------------
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }

  // --- Choosing hours on the strips ---------------------------------------------------------------------------------
  // Wall-clock times of the company are counted as if they were UTC; the server reads them in the company's zone.
  const wall = (text) => Date.parse(`${text}Z`);
  const written = (time) => new Date(time).toISOString().slice(0, 16);
  const table = document.querySelector("[data-choose-hours]");
  const dialog = document.getElementById("override");

  if (table && dialog) {
    const strips = [...table.querySelectorAll("a.strip")];
    const earliest = wall(table.dataset.now);
    let choice = null; // {role, from, to, isDrag}: the hours between two pointer positions or key presses.

    const rowOf = (role) => strips.filter((strip) => strip.dataset.role === role);
    const floor = (time) => Math.floor(time / HOUR) * HOUR;

    function timeAt(strip, x) {
      const box = strip.getBoundingClientRect();
      const share = Math.min(Math.max((x - box.left) / box.width, 0), 0.9999);
      return wall(strip.dataset.day) + share * 24 * HOUR;
    }

    function stripAt(x, y, role) {
      const under = document.elementFromPoint(x, y)?.closest("a.strip");
      if (under?.dataset.role === role) return under;
      return rowOf(role).find((strip) => {
        const box = strip.getBoundingClientRect();
        return x >= box.left && x <= box.right && y >= box.top - 40 && y <= box.bottom + 40;
      });
    }

    // Whole hours from the earlier position to the end of the later one's hour, nothing of it in the past.
    const hours = () => ({
      start: Math.max(Math.min(floor(choice.from), floor(choice.to)), earliest),
      end: Math.max(floor(choice.from), floor(choice.to)) + HOUR,
    });

    function draw() {
      for (const strip of strips) {
        const rect = strip.querySelector(".chosen");
        const day = wall(strip.dataset.day);
        const isMeant = choice && strip.dataset.role === choice.role;
        const { start, end } = isMeant ? hours() : { start: 0, end: 0 };
        const from = Math.max(start, day);
        const to = Math.min(end, day + 24 * HOUR);
        rect.setAttribute("x", isMeant ? (from - day) / 60_000 : 0);
        rect.setAttribute("width", isMeant ? Math.max((to - from) / 60_000, 0) : 0);
      }
    }

    function forget() {
      choice = null;
      draw();
    }

    // Who stands there in these hours: the boxes of the row say so.
    function standing(role, start, end) {
      return [...table.querySelectorAll(`.shift.role-${role}[data-person]`)].filter(
        (box) => wall(box.dataset.starts) < end && wall(box.dataset.ends) > start,
      );
    }

    function ask(role, start, end) {
      const people = new Set(standing(role, start, end).map((box) => box.dataset.person));
      const values = {
        role,
        starts_at: written(start),
        ends_at: written(end),
        person: "",
        instead_of: people.size === 1 ? [...people][0] : "",
      };
      for (const [name, value] of Object.entries(values)) {
        const field = dialog.querySelector(`[name=${name}]`);
        if (field) field.value = value;
      }
      for (const error of dialog.querySelectorAll(".field-error")) error.remove();
      dialog.showModal();
      dialog.querySelector("[name=person]").focus();
    }

    function askForChoice() {
      const { start, end } = hours();
      const { role } = choice;
      forget();
      if (start < end) ask(role, start, end);
    }

    // One press without moving means the whole stretch that lies there.
    function askForStretch(role, time) {
      const [box] = standing(role, time, time + 1);
      const gap = [...table.querySelectorAll(`a.gap.role-${role}[data-starts]`)].find(
        (each) => wall(each.dataset.starts) <= time && wall(each.dataset.ends) > time,
      );
      const found = box || gap;
      forget();
      if (found) ask(role, Math.max(wall(found.dataset.starts), earliest), wall(found.dataset.ends));
    }

    table.addEventListener("pointerdown", (event) => {
      const strip = event.target.closest("a.strip");
      if (!strip || event.button !== 0) return;
      const time = timeAt(strip, event.clientX);
      if (floor(time) + HOUR <= earliest) return;
      choice = { role: strip.dataset.role, from: time, to: time, x: event.clientX, isDrag: false };
      if (event.pointerType === "mouse") event.preventDefault(); // No dragging of the link itself.
      draw();
    });
    document.addEventListener("pointermove", (event) => {
      if (!choice || choice.x === undefined) return;
      const strip = stripAt(event.clientX, event.clientY, choice.role);
      if (!strip) return;
      choice.to = timeAt(strip, event.clientX);
      choice.isDrag ||= Math.abs(event.clientX - choice.x) > 4;
      draw();
    });
    document.addEventListener("pointerup", () => {
      if (!choice || choice.x === undefined) return;
      if (choice.isDrag) askForChoice();
      else askForStretch(choice.role, choice.from);
    });
    document.addEventListener("pointercancel", forget);
    table.addEventListener("dragstart", (event) => event.target.closest("a.strip") && event.preventDefault());
    table.addEventListener("click", (event) => {
      const strip = event.target.closest("a.strip");
      if (!strip || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      if (event.detail !== 0) return; // A pointer: its own events have asked already.
      if (choice) askForChoice();
      else {
        const asked = new URL(strip.href).searchParams;
        ask(strip.dataset.role, wall(asked.get("starts_at")), wall(asked.get("ends_at")));
      }
    });

    // Arrow keys move an hour along the row, with Shift they make the choice longer; Enter asks, Escape forgets.
    table.addEventListener("keydown", (event) => {
      const strip = event.target.closest("a.strip");
      if (!strip) return;
      if (event.key === "Escape") forget();
      const step = { ArrowRight: HOUR, ArrowLeft: -HOUR }[event.key];
      if (!step) return;
      event.preventDefault();
      const row = rowOf(strip.dataset.role);
      const first = Math.max(wall(row[0].dataset.day), floor(earliest));
      const last = wall(row[row.length - 1].dataset.day) + 23 * HOUR;
      const begin = Math.max(wall(strip.dataset.day), first);
      if (!choice || choice.role !== strip.dataset.role) choice = { role: strip.dataset.role, from: begin, to: begin, isDrag: true };
      else {
        choice.to = Math.min(Math.max(choice.to + step, first), last);
        if (!event.shiftKey) choice.from = choice.to;
      }
      draw();
    });
    table.addEventListener("focusout", (event) => {
      if (choice && choice.x === undefined && !event.target.contains(event.relatedTarget)) forget();
    });
  }

  // --- A rotation: its preview, its places ----------------------------------------------------------------------------
  const form = document.querySelector("form[data-preview]");
  if (form) {
    const shown = document.getElementById("preview");
    let timer = 0;
    let latest = 0;

    async function preview() {
      const mine = ++latest;
      try {
        const body = new FormData(form);
        body.set("preview", "1");
        const answer = await fetch(form.dataset.preview, {
          method: "POST",
          body,
          headers: { "X-Requested-With": "fetch" },
        });
        const text = await answer.text();
        if (mine === latest && (answer.ok || answer.status === 422 || answer.status === 409)) shown.innerHTML = text;
      } catch {
        // No connection for a moment; the next key asks again.
      }
    }

    function showWhatItNeeds() {
      const kind = form.querySelector("[name=kind]").value;
      for (const part of form.querySelectorAll("[data-kinds]")) {
        part.hidden = !part.dataset.kinds.split(" ").includes(kind);
      }
    }

    // There is always one free place at the end.
    function keepOneFree(list) {
      const rows = [...list.children];
      const last = rows[rows.length - 1];
      if (!last.querySelector("select, input").value || rows.length >= Number(list.dataset.most)) return;
      const next = last.cloneNode(true);
      for (const field of next.querySelectorAll("[name]")) {
        field.name = field.name.replace(/\d+/, rows.length);
        field.id = field.name;
        field.value = "";
      }
      list.append(next);
    }

    for (const list of form.querySelectorAll("[data-places]")) list.addEventListener("input", () => keepOneFree(list));
    form.addEventListener("click", (event) => {
      const button = event.target.closest("[data-up]");
      if (!button) return;
      const row = button.closest("li");
      const [mine, other] = [row, row.previousElementSibling].map((each) => each?.querySelector("select"));
      if (!other) return;
      [mine.value, other.value] = [other.value, mine.value];
      mine.dispatchEvent(new Event("input", { bubbles: true }));
      other.focus();
    });
    form.addEventListener("input", () => {
      showWhatItNeeds();
      clearTimeout(timer);
      timer = setTimeout(preview, 300);
    });
    // Without a script there are several free places; with one, they come as they are needed.
    for (const list of form.querySelectorAll("[data-places]")) {
      const isFree = (row) => row && ![...row.querySelectorAll("select, input")].some((field) => field.value);
      while (isFree(list.lastElementChild) && isFree(list.lastElementChild.previousElementSibling)) list.lastElementChild.remove();
      keepOneFree(list);
    }
    showWhatItNeeds();
    if (form.querySelector("[data-places] select")?.value) preview();
    for (const hidden of form.querySelectorAll("[data-with-script]")) hidden.hidden = false;
  }

  // --- One-time addresses -------------------------------------------------------------------------------------------
  for (const button of document.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
      button.textContent = button.dataset.done;
    });
  }
})();
