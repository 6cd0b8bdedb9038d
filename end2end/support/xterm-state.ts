// All that xterm.js holds of a terminal, as lines of text that can be compared. Some of it is not in its public
// interface: names inside it are those of the version in package.json, and a test that reads none of them would fail.
import type { Page } from '@playwright/test';

/** What `readsXterm` puts into a page as `xtermState`. */
export interface XtermState {
  /** Screen, scrollback and all modes, a row a line. */
  state: (terminal: unknown) => string[];
  /** Scrollback and screen as text, a line of output a line. */
  text: (terminal: unknown) => string;
  /** The first line that differs, both ways. */
  firstDifference: (expected: string[], found: string[]) => string | undefined;
}

/** Lets scripts in a page read the state of its xterm.js terminals. */
export async function readsXterm(page: Page): Promise<void> {
  await page.evaluate(() => {
    // What this file knows of xterm.js' inside.
    interface Inner {
      x: number;
      y: number;
      ybase: number;
      scrollTop: number;
      scrollBottom: number;
      savedX: number;
      savedY: number;
      savedCurAttrData: Cell;
      savedCharset: unknown;
      tabs: Record<number, boolean>;
      lines: { length: number };
    }
    interface Cell {
      fg: number;
      bg: number;
      extended: { _ext: number; _urlId: number };
      getChars(): string;
      getWidth(): number;
    }
    interface Line {
      isWrapped: boolean;
      getCell(x: number, cell?: Cell): Cell;
      translateToString(trim: boolean, from: number, to: number): string;
    }
    interface Buffer {
      type: string;
      length: number;
      getLine(y: number): Line;
      getNullCell(): Cell;
    }
    interface Terminal {
      cols: number;
      rows: number;
      modes: object;
      lastTitle?: string;
      buffer: { active: Buffer; normal: Buffer; alternate: Buffer };
      options: { convertEol: boolean };
      _core: {
        buffers: { normal: Inner; alt: Inner };
        coreService: { decPrivateModes: object; isCursorHidden: boolean };
        coreMouseService: { activeEncoding: string; activeProtocol: string };
        _charsetService: { glevel: number; _charsets: unknown[] };
        _inputHandler: { _curAttrData: Cell };
        _oscLinkService: { getLinkData(id: number): { uri: string } | undefined };
      };
    }

    /** The bit of a background that says that there are extended attributes; they are compared themselves. */
    const HAS_EXTENDED = 0x10000000;

    function pen({ fg, bg, extended }: Cell, { _core }: Terminal): string {
      const link = extended._urlId ? ` ${_core._oscLinkService.getLinkData(extended._urlId)?.uri}` : '';
      return `${fg.toString(16)},${(bg & ~HAS_EXTENDED).toString(16)},${bg & HAS_EXTENDED ? extended._ext.toString(16) : 0}${link}`;
    }

    function row(line: Line, buffer: Buffer, terminal: Terminal): string {
      const cell = buffer.getNullCell();
      let out = line.isWrapped ? '+|' : ' |';
      let last = '';
      let [fg, bg, ext, url] = [0, 0, 0, 0];
      for (let x = 0; x < terminal.cols; x += 1) {
        line.getCell(x, cell);
        const { extended } = cell;
        // Most cells look like the one before: only another look is put into words.
        if (cell.fg !== fg || cell.bg !== bg || extended._ext !== ext || extended._urlId !== url) {
          [fg, bg, ext, url] = [cell.fg, cell.bg, extended._ext, extended._urlId];
          const look = pen(cell, terminal);
          if (look !== last) out += `<${(last = look)}>`;
        }
        const chars = cell.getChars();
        // The guest has a blank where xterm.js leaves an empty cell with more than a background: it looks the same.
        if (cell.getWidth() === 1) out += chars || (cell.fg === 0 && extended._ext === 0 ? '·' : ' ');
        else out += `${chars}{${cell.getWidth()}}`;
      }
      return `${out}|`;
    }

    function state(terminal: Terminal): string[] {
      const { _core, buffer } = terminal;
      const { coreService, coreMouseService, _charsetService } = _core;
      const isAlternate = buffer.active.type === 'alternate';
      const lines = [
        `size ${terminal.cols}x${terminal.rows} shows ${buffer.active.type} title ${terminal.lastTitle ?? ''}`,
        `modes ${JSON.stringify(terminal.modes)} ${JSON.stringify(coreService.decPrivateModes)}`,
        `cursor hidden ${coreService.isCursorHidden} new line ${terminal.options.convertEol}`,
        `mouse ${coreMouseService.activeProtocol} ${coreMouseService.activeEncoding}`,
        `pen ${pen(_core._inputHandler._curAttrData, terminal)}`,
        `charsets ${_charsetService.glevel} ${JSON.stringify([0, 1, 2, 3].map((at) => _charsetService._charsets[at] ?? 'ASCII'))}`,
      ];
      for (const [name, inner, outer] of [
        ['normal', _core.buffers.normal, buffer.normal],
        ['alternate', _core.buffers.alt, buffer.alternate],
      ] as const) {
        const { x, y, ybase, scrollTop, scrollBottom, savedX, savedY, savedCurAttrData, savedCharset, tabs } = inner;
        // One above the screen comes back to its first row.
        const savedRow = Math.max(savedY - ybase, 0);
        lines.push(`${name}: saved ${savedX},${savedRow} ${pen(savedCurAttrData, terminal)} ${JSON.stringify(savedCharset)}`);
        // The alternate screen is made anew whenever a program asks for it.
        if (name === 'alternate' && !isAlternate) continue;
        lines.push(`${name}: cursor ${x},${y} region ${scrollTop}-${scrollBottom} scrollback ${ybase}`);
        lines.push(`${name}: tabs ${Object.keys(tabs).filter((at) => tabs[Number(at)] && Number(at) < terminal.cols)}`);
        for (let at = 0; at < outer.length; at += 1) lines.push(`${name} ${at}: ${row(outer.getLine(at), outer, terminal)}`);
      }
      return lines;
    }

    function text({ buffer: { active, normal }, cols, rows }: Terminal): string {
      const above = Array.from({ length: normal.length - rows }, (_, at) => normal.getLine(at));
      const shown = Array.from({ length: rows }, (_, at) => active.getLine(active.length - rows + at));
      const lines: string[] = [];
      for (const line of [...above, ...shown]) {
        const words = line.translateToString(true, 0, cols);
        if (line.isWrapped && lines.length > 0) lines[lines.length - 1] += words;
        else lines.push(words);
      }
      // Blanks only: a space that doesn't break is a character.
      return lines.map((line) => line.replace(/ +$/, '')).join('\n').replace(/\n+$/, '');
    }

    function firstDifference(expected: string[], found: string[]): string | undefined {
      const at = expected.findIndex((line, at) => line !== found[at]);
      if (at >= 0) return `\n  xterm.js ${expected[at]}\n  guest    ${found[at]}`;
      return expected.length === found.length ? undefined : `${found.length - expected.length} lines more`;
    }

    Object.assign(globalThis, { xtermState: { state, text, firstDifference } });
  });
}
