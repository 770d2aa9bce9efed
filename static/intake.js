// The intake page: ask who calls as soon as a number stands there, and show the scripts that fit the category.
(() => {
  "use strict";
  const form = document.querySelector("form[data-lookup]");
  if (!form) return;
  const box = document.getElementById("lookup");
  const project = form.elements.namedItem("project_id");
  let asked = "";

  function fill(name, value) {
    const field = form.elements.namedItem(name);
    if (value && field && !field.value.trim()) field.value = value;
  }

  function takeProject() {
    const picked = box.querySelector("input[name=pick]:checked");
    project.value = picked ? picked.value : "";
  }

  async function look() {
    const phone = form.elements.namedItem("phone").value.trim();
    if (phone.replace(/\D/g, "").length < 7 || phone === asked) return;
    asked = phone;
    const question = new FormData();
    question.set("csrf_token", form.elements.namedItem("csrf_token").value);
    question.set("phone", phone);
    question.set("project_id", project.value);
    try {
      const headers = { "X-Requested-With": "fetch" };
      const answer = await fetch(form.dataset.lookup, { method: "POST", body: question, headers });
      if (!answer.ok) return;
      box.innerHTML = await answer.text();
    } catch {
      return; // No connection: the form still works, the file is found when it is saved.
    }
    const found = box.querySelector(".found");
    if (found) {
      fill("contact_name", found.dataset.name);
      fill("community", found.dataset.community);
      fill("room", found.dataset.room);
    }
    takeProject();
  }

  let timer = 0;
  form.elements.namedItem("phone").addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, 350);
  });
  form.elements.namedItem("phone").addEventListener("change", look);
  box.addEventListener("change", takeProject);

  function showScripts() {
    const category = form.elements.namedItem("category").value;
    for (const card of document.querySelectorAll(".script[data-category]")) {
      card.hidden = card.dataset.category !== category;
    }
  }
  form.elements.namedItem("category").addEventListener("change", showScripts);
  showScripts();
  look();

  // --- The level that the facts call for ----------------------------------------------------------------------------
  const RISK = ["category", "is_safety_hazard", "is_media_involved", "is_leak", "mentions_consumer_association",
    "household_count", "delay_days"];
  const level = document.getElementById("level");
  let asking = 0;

  async function assess() {
    const round = ++asking;
    const said = new FormData(form);
    const question = new FormData();
    for (const name of ["csrf_token", ...RISK]) if (said.has(name)) question.set(name, said.get(name));
    try {
      const headers = { "X-Requested-With": "fetch" };
      const answer = await fetch(form.dataset.level, { method: "POST", body: question, headers });
      const text = await answer.text();
      if (answer.ok && round === asking) level.innerHTML = text; // An older answer that comes late says nothing.
    } catch {
      return; // No connection: the level is proposed when it is saved.
    }
  }

  let pause = 0;
  form.addEventListener("input", (event) => {
    if (!RISK.includes(event.target.name)) return;
    clearTimeout(pause);
    pause = setTimeout(assess, 200);
  });
  const isChanged = (field) =>
    field.type === "checkbox" ? field.checked !== field.defaultChecked
      : field.options ? !field.selectedOptions[0]?.defaultSelected
        : field.value !== field.defaultValue;
  // A draft comes back before this script runs, or after it.
  if (RISK.some((name) => isChanged(form.elements.namedItem(name)))) assess();
  form.addEventListener("draft-restored", assess);
})();
