// What the files need of the browser that is a few lines here and many in wasm; fetched when they first open.

// The most files of one drop; beyond that something else is meant.
const MOST = 50_000;

// Entries of a drop as the browser lends them, which is only while it tells of the drop.
export function entries(transfer) {
  return [...(transfer?.items ?? [])]
    .filter((item) => item.kind === "file")
    .map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile())
    .filter(Boolean);
}

// All files in them, with their paths; a folder without any is told of without a file.
export async function collect(given) {
  const found = [];
  const add = (path, file) => {
    if (found.length >= MOST) throw new Error(`A drop has at most ${MOST} files.`);
    found.push({ path, file });
  };
  const walk = async (entry, path) => {
    if (entry instanceof File) return add(entry.name, entry);
    if (entry.isFile) return add(path, await new Promise((done, fail) => entry.file(done, fail)));
    const reader = entry.createReader();
    let count = 0;
    for (;;) {
      // A reader gives a hundred at a time, and none at the end.
      const some = await new Promise((done, fail) => reader.readEntries(done, fail));
      if (some.length === 0) break;
      count += some.length;
      await Promise.all(some.map((inner) => walk(inner, `${path}/${inner.name}`)));
    }
    if (count === 0) add(path, null);
  };
  for (const entry of given) await walk(entry, entry.name);
  return found;
}

// The SHA-256 of bytes, base64; nothing where the browser has no crypto to lend, as under plain HTTP.
export async function sha256(blob) {
  if (!crypto.subtle) return null;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
  return btoa(String.fromCharCode(...digest));
}

let core;
const grammars = new Map();

// Text as HTML with what it is made of marked; the highlighter escapes all that it is given.
export async function highlight(text, language) {
  core ??= import("/vendor/highlight/core.mjs").catch((error) => {
    core = undefined;
    throw error;
  });
  const { default: highlighter } = await core;
  if (!grammars.has(language)) {
    const { default: grammar } = await import(`/vendor/highlight/${language}.mjs`);
    highlighter.registerLanguage(language, grammar);
    grammars.set(language, true);
  }
  return highlighter.highlight(text, { language, ignoreIllegals: true }).value;
}

// A file's text as the server previews it: {text, truncated}; {} when it is no text.
export async function read(address, signal) {
  const answer = await fetch(address, { signal });
  if (!answer.ok) throw await answer.text();
  const isText = /^text\/plain\b/.test(answer.headers.get("content-type") ?? "");
  if (!isText) {
    await answer.body?.cancel();
    return {};
  }
  return { text: await answer.text(), truncated: answer.headers.get("x-truncated") === "true" };
}

// Has the browser save what an address leads to.
export function save(address) {
  const link = document.createElement("a");
  link.href = address;
  link.download = "";
  document.body.append(link);
  link.click();
  link.remove();
}

// Asks for files, or for a folder with all in it.
export function pick(isFolder) {
  return new Promise((done) => {
    const input = document.createElement("input");
    input.type = "file";
    input.multiple = true;
    input.webkitdirectory = isFolder;
    input.className = "offscreen";
    input.ariaHidden = "true";
    input.tabIndex = -1;
    const end = (files) => {
      input.remove();
      done(files.map((file) => ({ path: file.webkitRelativePath || file.name, file })));
    };
    input.onchange = () => end([...input.files]);
    input.oncancel = () => end([]);
    document.body.append(input);
    input.click();
  });
}
