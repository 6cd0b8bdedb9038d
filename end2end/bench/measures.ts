// What a benchmark has measured, for `cargo xtask bench --browser` to show.
import { appendFileSync } from 'node:fs';

/** A value must be below, or at least, so many of its unit. */
export type Limit = { kind: 'below' | 'at_least'; bound: number };

export interface Row {
  benchmark: string;
  measure: string;
  value: number;
  unit: string;
  limit?: Limit;
  samples?: number;
  note?: string;
}

/** Fewer samples. */
export const QUICK = process.env.BENCH_QUICK === '1';

/** Gives a row to whoever started this; on its own, it prints it. */
export function report(row: Row): void {
  const line = JSON.stringify(row);
  if (process.env.BENCH_ROWS) appendFileSync(process.env.BENCH_ROWS, `${line}\n`);
  else console.log(line);
}

/** The value below which so much (0–1) of the samples lies. */
export function percentile(samples: number[], part: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
}
