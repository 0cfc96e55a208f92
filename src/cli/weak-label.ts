import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { SingleBar } from 'cli-progress';
import { readCues } from '../tagging/cues.js';
import { readJsonLines } from '../tagging/json-lines.js';
import { labelsOf, readMapping, readTaxonomy, type Taxonomy } from '../tagging/taxonomy.js';
import { parseRow } from '../tagging/training-row.js';
import type { Rules } from '../tagging/weak-labels/ballots.js';
import { type LabelLines, labelLines } from '../tagging/weak-labels/functions-table.js';
import { softLabels } from '../tagging/weak-labels/soft-rows.js';
import { truthOf } from '../tagging/weak-labels/truth.js';
import { type WordedRow, weakLabels } from '../tagging/weak-labels/weak-labels.js';
import { readGivenTaxonomy } from './given-taxonomy.js';
import { formatLabels } from './weak-label-table.js';
import { assertWritable, writeWhole } from './whole-file.js';

export interface WeakLabelFlags {
  taxonomy?: string;
  out?: string;
  json?: boolean;
}

const MODELS = fileURLToPath(new URL('../../models', import.meta.url));
const PACK = path.join(MODELS, 'compact');

/** `marquee weak-label`: lets the labelling functions vote, and writes rows with soft labels to train from. */
export async function weakLabelCommand(files: readonly string[], flags: WeakLabelFlags): Promise<void> {
  const out = flags.out === undefined ? null : path.resolve(flags.out);
  if (out !== null) await assertWritable(out);
  const { taxonomy, rules } = await readRules(flags.taxonomy);
  const rows = await readRows(files);
  const bar = new SingleBar({
    format: 'labelling [{bar}] {percentage} %',
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
  });
  bar.start(1, 0);
  const weak = await weakLabels(rows, {
    ...rules,
    taxonomy,
    packFolder: PACK,
    progress: (done, of) => bar.update(done / of),
  }).finally(() => bar.stop());

  const ids = labelsOf(taxonomy).map(({ id }) => id);
  const truth = truthOf(rows, taxonomy, rules.mapping);
  const lines = weak.map(({ ballot, model }): LabelLines => {
    const place = ids.indexOf(ballot.label);
    return labelLines(
      ballot,
      model,
      truth.filter((_, at) => at % ids.length === place),
    );
  });
  if (out !== null) await writeWhole(out, softLines(files, softLabels(rows, weak)));
  const report = { rows: rows.length, labels: lines };
  process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : formatLabels(report));
}

/** The shipped taxonomy has a mapping and cues of its own; another has its words and descriptions alone. */
async function readRules(file: string | undefined): Promise<{ taxonomy: Taxonomy; rules: Rules }> {
  if (file !== undefined) {
    return { taxonomy: await readGivenTaxonomy(file), rules: { mapping: null, cues: null } };
  }
  const taxonomy = await readTaxonomy(path.join(MODELS, 'taxonomy.json'));
  const ids = labelsOf(taxonomy).map(({ id }) => id);
  const mapping = await readMapping(path.join(MODELS, 'label-mapping.json'), taxonomy);
  return { taxonomy, rules: { mapping, cues: await readCues(path.join(MODELS, 'cues.json'), ids) } };
}

async function readRows(files: readonly string[]): Promise<WordedRow[]> {
  const rows: WordedRow[] = [];
  for (const file of files) {
    for await (const { number, value } of readJsonLines(file)) {
      const row = parseRow(value, `${file}, line ${number}`);
      rows.push({ ...row, text: textOf(row.lines, value as { synopsis?: unknown; transcript?: unknown }) });
    }
  }
  return rows;
}

/** A classifier reads the transcript alone where there is one; whoever guesses labels reads the synopsis too. */
function textOf(lines: readonly string[], value: { synopsis?: unknown; transcript?: unknown }): string {
  const told = value.transcript && typeof value.synopsis === 'string' ? [value.synopsis] : [];
  return [...new Set([...lines, ...told])].join('\n');
}

/**
 * The rows as they stand in their files, with `soft`. The files are read anew: whole catalogs of synopses would not fit
 * into memory twice.
 */
async function* softLines(
  files: readonly string[],
  soft: readonly WordedRow['soft'][],
): AsyncGenerator<string> {
  let place = 0;
  for (const file of files) {
    for await (const { number, value } of readJsonLines(file)) {
      const row = documented(value as object, `${file}, line ${number}`);
      yield `${JSON.stringify({ ...row, soft: soft[place++] })}\n`;
    }
  }
}

/** A row of the columns of encyclopedia extracts in the form of all others, which alone can carry `soft`. */
function documented(value: object, place: string): object {
  if ('id' in value) return value;
  const { id, title, lines, labels } = parseRow(value, place);
  return { id, title, synopsis: lines.join('\n'), labels };
}
