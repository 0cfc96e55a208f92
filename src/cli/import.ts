import { availableParallelism } from 'node:os';
import { SingleBar } from 'cli-progress';
import { importTitles, LARGEST_IMPORT } from '../catalog/title-import.js';
import type { ImportedTitle } from '../catalog/title-input.js';
import { readConfig } from '../config.js';
import { type Engine, openEngine } from '../engine.js';
import { Failure } from '../failure.js';
import { createLogger } from '../log.js';
import { interruptible } from '../stop-signal.js';
import { readJsonLines } from '../tagging/json-lines.js';
import { type Columns, chooseColumns, parseColumns, titleOf } from './import-columns.js';

export interface ImportFlags {
  source?: string;
  map?: string;
  json?: boolean;
}

/** What `marquee import` prints. */
interface ImportReport {
  rows: number;
  created: number;
  updated: number;
  /** Rows that were left out, the first few with their line and the reason. */
  refused: number;
  reasons: string[];
  seconds: { titles: number; profiles: number };
}

const SHOWN_REASONS = 10;

/** `marquee import`: titles from JSON Lines into the catalog, with their text vectors and labels. */
export async function importCommand(file: string, flags: ImportFlags): Promise<void> {
  await interruptible((signal) => importFile(file, flags, signal));
}

async function importFile(file: string, flags: ImportFlags, signal: AbortSignal): Promise<void> {
  const given = parseColumns(flags.map);
  const config = readConfig({ LOG_LEVEL: 'error', ...process.env });
  // Nothing is analysed here, so no models are loaded.
  const engine = await openEngine({ ...config, role: 'api' }, createLogger(config.logLevel), { signal });
  try {
    const report: ImportReport = {
      ...{ rows: 0, created: 0, updated: 0, refused: 0, reasons: [] },
      seconds: { titles: 0, profiles: 0 },
    };
    const startedAt = performance.now();
    // Of the whole file only the ids are kept.
    const seen = new Set<string>();
    for await (const { titles, lines } of readBatches(file, given, flags.source ?? 'import')) {
      signal.throwIfAborted();
      const { imported, failures } = await importTitles(engine.database.prisma, titles, seen);
      const created = imported.filter((row) => row.created).length;
      report.rows += titles.length;
      report.created += created;
      report.updated += imported.length - created;
      report.refused += titles.length - imported.length;
      report.reasons.push(
        ...failures
          .slice(0, SHOWN_REASONS - report.reasons.length)
          .map(({ message, path }) => `line ${lines[Number(path?.[1])]}: ${message}`),
      );
    }
    report.seconds.titles = secondsSince(startedAt);
    const madeAt = performance.now();
    await makeProfiles(engine, report.created + report.updated, signal);
    report.seconds.profiles = secondsSince(madeAt);
    process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : formatReport(report));
  } finally {
    await engine.close();
  }
}

async function makeProfiles({ discovery }: Engine, titles: number, signal: AbortSignal): Promise<void> {
  const bar = new SingleBar({
    format: 'reading texts [{bar}] {value} of {total}',
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
  });
  bar.start(titles, 0);
  const onRound = (made: number) => bar.increment(made);
  await discovery
    .makeProfiles({ readers: availableParallelism(), onRound, signal })
    .finally(() => bar.stop());
}

/** Titles of one call, and the line of the file that each stands on. */
interface Batch {
  titles: ImportedTitle[];
  lines: number[];
}

/** @throws Failure of `readJsonLines`; BAD_INPUT naming the line that is no row */
async function* readBatches(file: string, given: Partial<Columns>, source: string): AsyncGenerator<Batch> {
  let columns: Columns | null = null;
  let batch: Batch = { titles: [], lines: [] };
  for await (const { number, value } of readJsonLines(file)) {
    if (!isRow(value))
      throw new Failure('BAD_INPUT', `${file} has no row at line ${number}: correct or remove that line.`);
    columns ??= chooseColumns(value, given);
    batch.titles.push(titleOf(value, columns, source));
    batch.lines.push(number);
    if (batch.lines.length < LARGEST_IMPORT) continue;
    yield batch;
    batch = { titles: [], lines: [] };
  }
  if (batch.lines.length > 0) yield batch;
}

function isRow(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function formatReport({ rows, created, updated, refused, reasons, seconds }: ImportReport): string {
  const lines = [
    `${rows} rows: ${created} titles created, ${updated} updated, ${refused} left out`,
    ...reasons.map((reason) => `  · ${reason}`),
    `titles in ${seconds.titles} s, vectors and labels in ${seconds.profiles} s`,
  ];
  return `${lines.join('\n')}\n`;
}

function secondsSince(start: number): number {
  return Math.round((performance.now() - start) / 100) / 10;
}
