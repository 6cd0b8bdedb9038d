// Looks at each step while it is typed. The form works without.
const form = document.querySelector("form[data-step]");
const words = ["Very easy to guess", "Easy to guess", "Could be better", "Good", "Very good"];
/** How long typing must rest before the server is asked, ms. */
const REST = 400;
let timer;
let asked = 0;

function answers() {
  return Object.fromEntries([...new FormData(form)].filter(([name]) => name !== "step" && name !== "go"));
}

function show(checked, touched) {
  for (const message of form.querySelectorAll(".field-message")) {
    const name = message.dataset.for;
    const problem = checked.fields.find((field) => field.field === name);
    const text = problem && touched.has(name) ? problem.message : "";
    if (message.textContent !== text) message.textContent = text;
    form.elements[name]?.setAttribute?.("aria-invalid", String(text !== ""));
  }
  form.querySelector(".notes").textContent = checked.notes.join(" ");
  const strength = form.querySelector(".strength");
  if (strength) {
    strength.hidden = checked.strength === null;
    strength.querySelector("meter").value = checked.strength ?? 0;
    strength.querySelector("small").textContent = words[checked.strength] ?? "";
  }
}

async function check(touched) {
  const number = ++asked;
  const body = JSON.stringify({ step: Number(form.dataset.step), answers: answers() });
  const headers = { "content-type": "application/json" };
  const response = await fetch("/api/setup/check", { method: "POST", headers, body }).catch(() => null);
  // What was typed since is looked at by a later question.
  if (number !== asked || !response) return;
  if (response.ok) show(await response.json(), touched);
}

if (form) {
  const touched = new Set();
  // Half an address is no reason to ask another server.
  form.addEventListener(form.dataset.step === "3" ? "change" : "input", (event) => {
    if (event.target.name) touched.add(event.target.name);
    clearTimeout(timer);
    timer = setTimeout(() => check(touched), REST);
  });
}
