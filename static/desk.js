// The desk's own script: clocks that count, dialogs, the search key, lists that refresh themselves, drafts that survive.
(() => {
  "use strict";

  // --- The tab that is shown, in sight where the row of tabs is wider than the screen -----------------------------
  const shownTab = document.querySelector(".section-tabs [aria-current]");
  if (shownTab) {
    const row = shownTab.parentElement;
    row.scrollLeft = shownTab.offsetLeft - row.offsetLeft - (row.clientWidth - shownTab.offsetWidth) / 2;
  }

  // --- Countdowns -----------------------------------------------------------------------------------------------
  // The server's clock is the truth: its time stands in the page, and we only add what has passed since.
  const serverNow = Date.parse(document.documentElement.dataset.now || "") || Date.now();
  const startedAt = performance.now();
  const now = () => serverNow + (performance.now() - startedAt);
  const two = (n) => String(n).padStart(2, "0");

  function face(milliseconds) {
    const sign = milliseconds < 0 ? "−" : "";
    const total = Math.floor(Math.abs(milliseconds) / 1000);
    const hours = Math.floor(total / 3600);
    if (hours >= 48) return null; // Days are written by the server, in the reader's language.
    const rest = `${two(Math.floor(total / 60) % 60)}:${two(total % 60)}`;
    return sign + (hours ? `${hours}:${rest}` : rest);
  }

  function tick() {
    for (const element of document.querySelectorAll("time[data-countdown]")) {
      const due = Date.parse(element.dataset.due);
      const start = Date.parse(element.dataset.start);
      const left = due - now();
      const text = face(left);
      if (text !== null && element.textContent !== text) element.textContent = text;
      element.classList.toggle("over", left <= 0);
      element.classList.toggle("soon", left > 0 && left <= (due - start) / 5);
    }
  }
  tick();
  setInterval(tick, 1000);

  // --- Dialogs ----------------------------------------------------------------------------------------------------
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) {
      document.getElementById(opener.dataset.dialog)?.showModal();
      opener.closest("details")?.removeAttribute("open");
    }
    if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
    if (event.target instanceof HTMLDialogElement) event.target.close(); // A click beside the dialog.
    for (const menu of document.querySelectorAll("details.person[open], details.more[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.querySelector("dialog[data-open-now]")?.showModal();

  // --- Search key -------------------------------------------------------------------------------------------------
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      document.getElementById("search")?.focus();
    }
  });

  // --- One press is enough ----------------------------------------------------------------------------------------
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    const form = event.target;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    if (form.method === "post") {
      form.dataset.sent = "1";
      setTimeout(() => delete form.dataset.sent, 5000); // A download or a broken line leaves us on the page.
    }
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  // --- Lists that refresh themselves --------------------------------------------------------------------------------
  for (const element of document.querySelectorAll("[data-refresh]")) {
    setInterval(async () => {
      const isTyping = [...element.querySelectorAll("input[type=text]")].some((field) => field.value);
      if (document.hidden || isTyping || element.contains(document.activeElement)) return;
      try {
        const answer = await fetch(element.dataset.refresh, { headers: { "X-Requested-With": "fetch" } });
        if (answer.status === 401) location.reload();
        if (!answer.ok) return;
        element.innerHTML = await answer.text();
        tick();
      } catch {
        // No connection for a moment; the countdowns go on, the next round tries again.
      }
    }, 1000 * Number(element.dataset.refreshSeconds || 15));
  }

  // --- Drafts -------------------------------------------------------------------------------------------------------
  // What is typed is kept in this tab until the form was accepted, so that a crash or a wrong click costs nothing.
  for (const form of document.querySelectorAll("form[data-draft]")) {
    const key = `draft:${location.pathname}:${form.dataset.draft}`;
    const fields = () =>
      [...form.elements].filter((f) => f.name && !["hidden", "file", "password", "submit", "button"].includes(f.type));
    const isFresh = !form.querySelector(".field-error") && !form.querySelector("#repeat");
    const kept = sessionStorage.getItem(key);
    if (kept && isFresh) {
      const values = JSON.parse(kept);
      for (const field of fields()) {
        const id = field.type === "checkbox" || field.type === "radio" ? `${field.name}=${field.value}` : field.name;
        if (!(id in values) || field.name === "first_word_at") continue;
        if (field.type === "checkbox" || field.type === "radio") field.checked = values[id];
        else field.value = values[id];
      }
      form.dispatchEvent(new CustomEvent("draft-restored", { bubbles: true }));
    }
    form.addEventListener("input", () => {
      const values = {};
      for (const field of fields()) {
        const isTick = field.type === "checkbox" || field.type === "radio";
        values[isTick ? `${field.name}=${field.value}` : field.name] = isTick ? field.checked : field.value;
      }
      sessionStorage.setItem(key, JSON.stringify(values));
    });
    form.addEventListener("submit", () => sessionStorage.setItem("draft-sent", key));
  }
  // A form that was sent and is not shown again was accepted: its draft has served.
  const sent = sessionStorage.getItem("draft-sent");
  if (sent) {
    sessionStorage.removeItem("draft-sent");
    const isShownAgain = document.querySelector("form[data-draft] .field-error, form[data-draft] #repeat");
    const isLogin = location.pathname === "/login" || document.querySelector("input[name=draft]");
    if (!isShownAgain && !isLogin) sessionStorage.removeItem(sent);
  }
})();
