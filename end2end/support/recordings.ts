// The recordings of programs that the guest's own tests play, as they play them: guest/tests/screen_support/recording.rs.
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

const FIXTURES = resolve(import.meta.dirname, '../../guest/tests/fixtures');

/** Bytes of a chunk at most: no multiple of anything, so that cuts fall inside sequences and characters. */
const CHUNK = 499;

export interface Size {
  cols: number;
  rows: number;
}

/** What happened to the terminal: output, one character a byte, or a new size. */
export type Happened = { output: string } | { size: Size };

export interface Recording {
  name: string;
  size: Size;
  events: Happened[];
}

/** All of them, by name. */
export function recordings(): Recording[] {
  const files = readdirSync(FIXTURES).filter((file) => file.endsWith('.cast'));
  return files.sort().map((file) => read(join(FIXTURES, file)));
}

function read(path: string): Recording {
  const [header, ...events] = readFileSync(path, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line));
  if (header.version !== 2) throw new Error(`${path} is no asciicast of version 2`);
  return {
    name: basename(path, '.cast'),
    size: { cols: header.width, rows: header.height },
    events: (events as [number, string, string][]).flatMap(([, kind, data]) => happened(kind, data)),
  };
}

function happened(kind: string, data: string): Happened[] {
  if (kind === 'r') {
    const [cols, rows] = data.split('x').map(Number);
    return [{ size: { cols: cols!, rows: rows! } }];
  }
  if (kind !== 'o') throw new Error(`an event of kind ${kind}`);
  const bytes = Buffer.from(data);
  const chunks = Array.from({ length: Math.ceil(bytes.length / CHUNK) }, (_, at) => bytes.subarray(at * CHUNK, (at + 1) * CHUNK));
  return chunks.map((chunk) => ({ output: chunk.toString('latin1') }));
}

/** The sizes that the window takes on in turn; the first is larger than any recording's. */
const OTHER_SIZES: Size[] = [
  { cols: 133, rows: 45 },
  { cols: 61, rows: 17 },
  { cols: 37, rows: 60 },
];

/**
 * The same with changes of size that its program knew nothing of. A smaller one only where all is on the normal screen: of
 * a narrower alternate screen xterm.js keeps what lies beyond the edge, unseen, until its program draws it anew.
 */
export function resized({ name, size, events }: Recording): Recording {
  const isNormal = !events.some((event) => 'output' in event && event.output.includes('\x1b[?1049h'));
  const sizes = isNormal ? [...OTHER_SIZES, size] : [OTHER_SIZES[0]!, size];
  const part = Math.ceil(events.length / (sizes.length + 1));
  const changes = sizes.flatMap((size, at) => [{ size }, ...events.slice((at + 1) * part, (at + 2) * part)]);
  return { name: `${name}, resized`, size, events: [...events.slice(0, part), ...changes] };
}

/** Whether the window changed while it was recorded. */
export const hasResizes = ({ events }: Recording): boolean => events.some((event) => 'size' in event);
