// What the page adds to xterm.js; fetched with it, when a terminal first opens. xterm.mjs gives it on.

// Called before a terminal is opened. `failed` is told when its parser throws.
//
// It reaches into xterm.js' core, whose version package.json pins: look here when that changes.
export function prepare(terminal, failed) {
  const core = terminal._core;
  refuseToAnswer(core.coreService);
  surviveErase(core._inputHandler, terminal);
  surviveCounts(core._inputHandler, terminal);
  surviveThrows(core._inputHandler, failed);
}

// The guest answers what programs ask (guest/src/screen/reply.rs); a second answer would be typed
// into the shell. The page answers for its colours only, which the guest doesn't know. What a
// person does, and focus reports, pass.
const COLOURS = /^\x1b\](?:1[012]|4;\d+);/;
function refuseToAnswer(service) {
  const send = service.triggerDataEvent;
  service.triggerDataEvent = (data, byUser) => {
    if (byUser || data === "\x1b[I" || data === "\x1b[O" || COLOURS.test(data)) send.call(service, data, byUser);
  };
}

// xterm.js 6 throws at CSI 1 J with the cursor in the last cell of the last line that it has: it
// looks at the line below. There, all of the screen is what is to be erased, so that CSI 2 J is the same.
function surviveErase(handler, terminal) {
  const erase = handler.eraseInDisplay;
  handler.eraseInDisplay = (params, protects) => {
    const { cursorX, cursorY } = terminal.buffer.active;
    const atEnd = cursorX >= terminal.cols - 1 && cursorY >= terminal.rows - 1;
    return erase.call(handler, params.params[0] === 1 && atEnd ? { params: [2] } : params, protects);
  };
}

// xterm.js 6 does as often as it is told what has no more effect after a screenful: CSI 2147483647 S
// would keep the page busy for minutes. The guest's screen keeps the same bounds.
function surviveCounts(handler, terminal) {
  const rows = () => terminal.rows;
  const cols = () => terminal.cols;
  const bounds = {
    insertLines: rows,
    deleteLines: rows,
    scrollUp: rows,
    scrollDown: rows,
    cursorForwardTab: cols,
    cursorBackwardTab: cols,
    // As many characters as fill the screen, counting all that a cell holds.
    repeatPrecedingCharacter: () => {
      const { active } = terminal.buffer;
      const line = active.getLine(active.baseY + active.cursorY);
      const repeated = line?.translateToString(false, Math.max(active.cursorX - 2, 0), active.cursorX).length ?? 1;
      return Math.max(1, Math.floor((2 * rows() * cols()) / Math.max(repeated, 2)));
    },
  };
  for (const [name, bound] of Object.entries(bounds)) {
    const act = handler[name];
    handler[name] = (params) => {
      const [count] = params.params;
      // Every count of up to a row's worth is harmless, and most are.
      return act.call(handler, count > 2 ? { params: [Math.min(count, bound())] } : params);
    };
  }
}

// Whatever else throws must not stop the writes behind it.
function surviveThrows(handler, failed) {
  const parse = handler.parse;
  handler.parse = (data, promised) => {
    try {
      return parse.call(handler, data, promised);
    } catch (error) {
      failed(String(error));
    }
  };
}

// Parses in this very task, as xterm.js does after a key, and not in a timer's later one.
export function writeNow(terminal, bytes, parsed) {
  terminal._core._writeBuffer.handleUserInput();
  terminal.write(bytes, parsed);
}

const channel = new MessageChannel();
const waiting = [];
channel.port1.onmessage = () => waiting.splice(0).forEach((run) => run());

// Calls `run` once the next frame is drawn; a page that nobody sees draws none, and goes on at once.
const FRAME_LIMIT_MS = 100;
export function afterFrame(run) {
  let limit;
  const post = () => {
    if (limit === undefined) return;
    clearTimeout(limit);
    limit = undefined;
    waiting.push(run);
    channel.port2.postMessage(0);
  };
  limit = setTimeout(post, FRAME_LIMIT_MS);
  if (document.hidden) post();
  else requestAnimationFrame(post);
}

// A place in the page's life for PerformanceObserver; the last of each name is kept.
export function mark(name) {
  performance.clearMarks(name);
  performance.mark(name);
}

let searching;

// Gives a terminal its search; `found` is told which match is shown, from 0, and how many there are.
export async function search(terminal, found) {
  searching ??= import("/vendor/addon-search.mjs").catch((error) => {
    searching = undefined;
    throw error;
  });
  const { SearchAddon } = await searching;
  const addon = new SearchAddon();
  terminal.loadAddon(addon);
  addon.onDidChangeResults(({ resultIndex, resultCount }) => found(resultIndex, resultCount));
  return addon;
}

// The search takes colours as #rrggbb only, and counts matches only when it marks them.
export function searchMarks() {
  const accent = hex("--accent");
  return {
    matchBackground: hex("--terminal-selection"),
    matchOverviewRuler: accent,
    activeMatchBackground: accent,
    activeMatchColorOverviewRuler: accent,
  };
}

// A token's colour; a canvas knows every notation.
function hex(token) {
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(token).trim();
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  return `#${((red << 16) | (green << 8) | blue).toString(16).padStart(6, "0")}`;
}

// Whether the browser draws WebGL by hardware. Software is slower than the DOM. Browsers should call it
// a major performance caveat, but Chromium does not always: the renderer's name tells.
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;
let hardware;
function hasHardware() {
  if (hardware === undefined) {
    const context = document.createElement("canvas").getContext("webgl2", { failIfMajorPerformanceCaveat: true });
    const told = context?.getExtension("WEBGL_debug_renderer_info")?.UNMASKED_RENDERER_WEBGL;
    hardware = context !== null && !SOFTWARE.test(context.getParameter(told ?? context.RENDERER));
    // A page may have few contexts.
    context?.getExtension("WEBGL_lose_context")?.loseContext();
  }
  return hardware;
}

// Draws with WebGL where that is fast, else with the DOM as before. A context that is lost (the
// computer slept, the driver was reset) is replaced once; after that the DOM goes on.
const CONTEXTS = 2;
export async function accelerate(terminal) {
  if (!hasHardware()) return;
  const { WebglAddon } = await import("/vendor/addon-webgl.mjs");
  const attach = (left) => {
    if (left === 0 || !terminal.element?.isConnected) return;
    let addon;
    try {
      addon = new WebglAddon();
      addon.onContextLoss(() => {
        addon.dispose();
        attach(left - 1);
      });
      terminal.loadAddon(addon);
    } catch {
      // No context was to be had; the DOM draws on.
      addon?.dispose();
    }
  };
  attach(CONTEXTS);
}

const BEEP_HZ = 660;
const BEEP_SECONDS = 0.12;
let audio;

// A short tone, in a page that was touched at all: browsers let no other sound.
export function beep() {
  if (!navigator.userActivation?.hasBeenActive) return;
  audio ??= new AudioContext();
  const [tone, volume] = [audio.createOscillator(), audio.createGain()];
  tone.frequency.value = BEEP_HZ;
  volume.gain.setValueAtTime(0.1, audio.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + BEEP_SECONDS);
  tone.connect(volume).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + BEEP_SECONDS);
}
