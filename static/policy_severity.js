// A condition's comparison follows its fact: numbers are “at least” or “more than”, all else “is” or “is not”.
(() => {
  "use strict";
  const COUNTS = ["household_count", "delay_days"];
  document.addEventListener("change", (event) => {
    if (!event.target.name?.endsWith("-fact")) return;
    const operator = event.target.closest(".condition").querySelector("[name$='-operator']");
    const fitting = COUNTS.includes(event.target.value) ? ["at_least", "more_than"] : ["is", "is_not"];
    if (!fitting.includes(operator.value)) operator.value = fitting[0];
  });
})();
