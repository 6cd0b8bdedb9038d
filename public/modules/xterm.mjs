// What the page's wasm imports as "xterm". The real module is fetched when a terminal first opens;
// `Terminal` is a live binding, so whoever imported it then sees the class.
export let Terminal;

// These are of xterm-parts.mjs. Wasm links some of them when it starts, so they must be functions by then.
let parts;
export const prepare = (...given) => parts.prepare(...given);
export const writeNow = (...given) => parts.writeNow(...given);
export const afterFrame = (run) => parts.afterFrame(run);
export const mark = (name) => parts.mark(name);
export const search = (...given) => parts.search(...given);
export const searchMarks = () => parts.searchMarks();
export const accelerate = (terminal) => parts.accelerate(terminal);
export const beep = () => parts.beep();

// Other modules of ours, when they are wanted: wasm itself can import only what is there when it starts.
export const bring = (address) => import(address);

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
  const [module, ours, { useWidths }] = await Promise.all([
    import("/vendor/xterm.mjs"),
    import("/modules/xterm-parts.mjs"),
    import("/modules/widths.mjs"),
    style("/vendor/xterm.css"),
    fonts,
  ]);
  parts = ours;
  // Every terminal counts columns as the guest's screen does.
  Terminal = class extends module.Terminal {
    constructor(options) {
      super(options);
      useWidths(this);
    }
  };
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
