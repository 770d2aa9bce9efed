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
})();
