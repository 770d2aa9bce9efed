// Signatures: drawn with a finger, a pen or a mouse, and sent as a picture in the form they stand in.
(() => {
  "use strict";

  const ENOUGH = 12; // Points of a stroke; a slip of the finger is no signature.

  for (const box of document.querySelectorAll("[data-signature]")) {
    const canvas = box.querySelector("canvas");
    const field = box.querySelector("input");
    const pen = canvas.getContext("2d");
    let points = 0;
    let isDown = false;

    function place(event) {
      const area = canvas.getBoundingClientRect();
      return [
        ((event.clientX - area.left) * canvas.width) / area.width,
        ((event.clientY - area.top) * canvas.height) / area.height,
      ];
    }

    function clear() {
      pen.fillStyle = "#ffffff";
      pen.fillRect(0, 0, canvas.width, canvas.height);
      field.value = "";
      points = 0;
    }

    canvas.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      canvas.setPointerCapture(event.pointerId);
      isDown = true;
      pen.beginPath();
      pen.moveTo(...place(event));
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!isDown) return;
      pen.lineTo(...place(event));
      pen.stroke();
      points += 1;
    });
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, () => {
        isDown = false;
        if (points >= ENOUGH) field.value = canvas.toDataURL("image/png");
      });
    }
    box.querySelector("[data-signature-clear]").addEventListener("click", clear);

    pen.lineWidth = 3;
    pen.lineCap = pen.lineJoin = "round";
    pen.strokeStyle = "#1a2433";
    clear();
  }
})();
