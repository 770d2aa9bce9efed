// The editor of a message's text: what would arrive is shown while somebody writes, by the server's own rules; a click
// on a variable puts it where the cursor is.
(() => {
  "use strict";
  const form = document.querySelector("form[data-text-preview]");
  if (!form) return;
  const text = form.elements.namedItem("text");
  const shown = document.getElementById("text-preview");
  let timer = 0;
  let latest = 0;

  async function preview() {
    const mine = ++latest;
    const question = new FormData();
    question.set("csrf_token", form.elements.namedItem("csrf_token").value);
    question.set("text", text.value);
    try {
      const headers = { "X-Requested-With": "fetch" };
      const answer = await fetch(form.dataset.textPreview, { method: "POST", body: question, headers });
      const found = await answer.text();
      if (mine === latest && answer.ok) shown.innerHTML = found;
    } catch {
      // No connection for a moment; the next key asks again.
    }
  }

  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(preview, 250);
  });

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-insert]");
    if (!button) return;
    text.setRangeText(button.dataset.insert, text.selectionStart, text.selectionEnd, "end");
    text.focus();
    preview();
  });
})();
