// Lists and records: pickers that offer what begins like this, and filters that answer at once.
(() => {
  "use strict";

  // --- Pickers ------------------------------------------------------------------------------------------------------
  for (const picker of document.querySelectorAll("[data-picker]")) {
    const [chosen, box] = picker.querySelectorAll("input");
    const list = picker.querySelector("ul");
    let asked = 0;
    let active = -1;

    const close = () => {
      list.hidden = true;
      active = -1;
      box.setAttribute("aria-expanded", "false");
      box.removeAttribute("aria-activedescendant");
    };

    const choose = (option) => {
      chosen.value = option.dataset.id;
      box.value = option.textContent;
      chosen.dispatchEvent(new Event("input", { bubbles: true }));
      chosen.dispatchEvent(new Event("change", { bubbles: true }));
      close();
    };

    const show = (found) => {
      list.replaceChildren(
        ...found.map(([id, name], place) => {
          const option = document.createElement("li");
          option.id = `${list.id}-${place}`;
          option.dataset.id = id;
          option.textContent = name;
          option.setAttribute("role", "option");
          return option;
        }),
      );
      if (!found.length) {
        const nothing = document.createElement("li");
        nothing.className = "empty";
        nothing.textContent = picker.dataset.nothing;
        list.append(nothing);
      }
      active = -1;
      list.hidden = false;
      box.setAttribute("aria-expanded", "true");
    };

    const ask = async () => {
      const mine = ++asked;
      const url = new URL(picker.dataset.picker, location);
      url.searchParams.set("query", box.value);
      try {
        const answer = await fetch(url, { headers: { "X-Requested-With": "fetch" } });
        if (answer.status === 401) location.reload();
        if (answer.ok && mine === asked && document.activeElement === box) show(await answer.json());
      } catch {
        close(); // No connection for a moment; the next key tries again.
      }
    };

    const move = (step) => {
      const options = [...list.querySelectorAll("[role=option]")];
      if (!options.length) return;
      active = (active + step + options.length) % options.length;
      for (const [place, option] of options.entries()) option.classList.toggle("active", place === active);
      options[active].scrollIntoView({ block: "nearest" });
      box.setAttribute("aria-activedescendant", options[active].id);
    };

    let timer = 0;
    box.addEventListener("input", () => {
      chosen.value = "";
      clearTimeout(timer);
      timer = setTimeout(ask, 150);
    });
    box.addEventListener("focus", ask);
    box.addEventListener("blur", () => setTimeout(close, 150));
    box.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        move(event.key === "ArrowDown" ? 1 : -1);
      } else if (event.key === "Enter" && !list.hidden) {
        const option = list.querySelector(".active") ?? list.querySelector("[role=option]:only-child");
        if (!option) return;
        event.preventDefault();
        choose(option);
      } else if (event.key === "Escape") close();
    });
    // A draft brings back the words, not the choice behind them: it is made again.
    box.form?.addEventListener("draft-restored", () => {
      if (box.value !== box.defaultValue) chosen.value = "";
    });
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) choose(option);
    });
  }

  // --- Filters ------------------------------------------------------------------------------------------------------
  for (const form of document.querySelectorAll("form[data-filters]")) {
    form.addEventListener("change", (event) => {
      if (event.target.matches("select, input[type=date]")) form.requestSubmit();
    });
    // Empty controls make long addresses.
    form.addEventListener("formdata", (event) => {
      for (const [name, value] of [...event.formData]) if (!value) event.formData.delete(name);
    });
  }
})();
