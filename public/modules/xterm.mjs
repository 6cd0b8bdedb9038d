// What the page's wasm imports as "xterm". The real module is fetched when a terminal first opens;
// `Terminal` is a live binding, so whoever imported it then sees the class.
export let Terminal;

const FONTS = ['14px "JetBrains Mono"', 'bold 14px "JetBrains Mono"'];
let loading;

export function load() {
  loading ??= fetchAll().catch((error) => {
    // So that another try fetches again.
    loading = undefined;
    throw error;
  });
  return loading;
}

async function fetchAll() {
  // The fonts come first because xterm.js measures them when it opens; without them it still works.
  const fonts = Promise.allSettled(FONTS.map((font) => document.fonts.load(font)));
  const [module] = await Promise.all([import("/vendor/xterm.mjs"), style("/vendor/xterm.css"), fonts]);
  Terminal = module.Terminal;
}

function style(href) {
  return new Promise((resolve, reject) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = href;
    link.onload = resolve;
    link.onerror = () => {
      link.remove();
      reject(new Error(`${href} could not be loaded`));
    };
    document.head.append(link);
  });
}
