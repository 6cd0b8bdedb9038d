// Sends what a form of the page describes, and shows the answer below it.
"use strict";

async function send(form) {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  for (const input of form.querySelectorAll("input[data-in]")) {
    if (input.dataset.in === "path") path = path.replace(`{${input.name}}`, encodeURIComponent(input.value));
    else if (input.value) query.set(input.name, input.value);
  }
  const body = form.querySelector("textarea[data-body]");
  const request = { method: form.dataset.method };
  if (body) {
    request.headers = { "content-type": body.dataset.body };
    request.body = body.value;
  }
  const address = query.size ? `${path}?${query}` : path;
  const response = await fetch(address, request);
  // A stream of events has no end to wait for.
  if (response.headers.get("content-type")?.startsWith("text/event-stream")) {
    await response.body.cancel();
    return `${response.status} (a stream of events)`;
  }
  const text = await response.text();
  return `${response.status} ${response.headers.get("content-type") ?? ""}\n${text}`;
}

for (const form of document.querySelectorAll("form[data-path]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const output = form.querySelector("output");
    output.textContent = "…";
    try {
      output.textContent = await send(form);
    } catch (error) {
      output.textContent = String(error);
    }
  });
}
