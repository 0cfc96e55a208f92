import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refuseForeign } from '../../src/cli/classifier-file.js';
import { type EvaluateFlags, evaluateCommand } from '../../src/cli/evaluate.js';
import { type TrainFlags, trainCommand } from '../../src/cli/train.js';
import { trainCompactCommand } from '../../src/cli/train-compact.js';
import { weakLabelCommand } from '../../src/cli/weak-label.js';
import type { Evaluation } from '../../src/tagging/evaluation/evaluate.js';
import { randomStream } from '../../src/tagging/random.js';

const cli = path.join(import.meta.dirname, '../../dist/cli.js');
const KINDS = [
  { genre: 'Horror', words: ['ghost', 'corpse', 'scream', 'grave'] },
  { genre: 'Romance', words: ['wedding', 'kiss', 'letter', 'rose'] },
  { genre: 'Sci-Fi', words: ['spaceship', 'alien', 'planet', 'robot'] },
];
let folder: string;
const file = (name: string) => path.join(folder, name);

/** Stories of three kinds, half of them as transcripts. */
function rows(count: number, seed: number, others: string[] = [], groups: object = {}): string {
  const random = randomStream(seed);
  const letters = 'abcdefghijklmnopqrst';
  const filler = () => `filler${letters[Math.floor(random() * 20)]}${letters[Math.floor(random() * 20)]}`;
  return Array.from({ length: count }, (_, i) => {
    const kind = KINDS[i % 3]!;
    const own = () => kind.words[Math.floor(random() * kind.words.length)]!;
    const words = Array.from({ length: 40 }, (_, k) => (k % 8 === 0 ? own() : filler()));
    const told = i % 2 === 0 ? { synopsis: words.join(' ') } : { transcript: [words.join(' '), 'and then'] };
    return JSON.stringify({
      id: `${seed}-${i}`,
      ...told,
      labels: { genre: [kind.genre, ...others], ...groups },
    });
  }).join('\n');
}

const marquee = (...args: string[]) =>
  execa(process.execPath, [cli, ...args], {
    reject: false,
    env: { HOME: file('home'), ORT_DISABLE_TELEMETRY: undefined },
  });
const trainRows = (flags: TrainFlags) => trainCommand([file('rows.jsonl')], flags);
const evaluateRows = (flags: EvaluateFlags) => evaluateCommand([file('rows.jsonl')], flags);
const train = (out: string, ...flags: string[]) =>
  marquee('train', file('rows.jsonl'), '--text-only', '--out', file(out), ...flags);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marquee-train-'));
  await mkdir(file('home'));
  await writeFile(file('rows.jsonl'), rows(150, 1));
  await writeFile(file('others.jsonl'), rows(60, 2));
  const row = (synopsis: string) => JSON.stringify({ id: 'a', synopsis, labels: { mood: [] } });
  await writeFile(file('letters.jsonl'), `${row('x')}\n${row('y')}`);
  await writeFile(file('unlabelled.jsonl'), `${row('ghost corpse scream')}\n${row('wedding kiss rose')}`);
});
afterAll(() => rm(folder, { recursive: true }));

test('what train learned from rows, evaluate measures on others, and refuses to on the same', async () => {
  const trained = await train('first.onnx', '--json');
  expect(JSON.parse(trained.stdout)).toMatchObject({
    file: file('first.onnx'),
    figures: { rows: 150, labels: 3 },
  });
  const flags = ['--classifier', file('first.onnx')];
  const measured = await marquee('evaluate', file('others.jsonl'), ...flags, '--json');
  const { metrics, groups, ladder } = JSON.parse(measured.stdout) as Evaluation;
  expect(metrics.mAP.value).toBeGreaterThan(0.95);
  expect(metrics.microF1.low!).toBeLessThanOrEqual(metrics.microF1.value!);
  expect(groups.genre!.metrics.mAP).toEqual(metrics.mAP);
  expect(ladder.at(-1)!.metrics).toEqual(metrics);
  const refused = await marquee('evaluate', file('rows.jsonl'), ...flags);
  expect(refused).toMatchObject({
    exitCode: 2,
    stdout: '',
    stderr: expect.stringMatching(/learned from 150 of these/),
  });
  const told = await marquee('evaluate', file('rows.jsonl'), ...flags, '--seen');
  expect(told.exitCode).toBe(0);
  for (const line of told.stdout.split('\n')) expect(line).toMatch(/^SEEN IN TRAINING/);
}, 120_000);

test('a training that is killed leaves the file of the last one, and runs again to the same file', async () => {
  await train('kept.onnx', '--seed', '3');
  const before = await readFile(file('kept.onnx'));
  const dying = train('kept.onnx', '--seed', '4');
  await once(dying.stderr!, 'data');
  dying.kill('SIGKILL');
  expect((await dying).signal).toBe('SIGKILL');
  expect((await readFile(file('kept.onnx'))).equals(before)).toBe(true);
  expect((await readdir(folder)).filter((name) => name.includes('.tmp'))).toEqual([]);
  await train('again.onnx', '--seed', '3');
  expect((await readFile(file('again.onnx'))).equals(before)).toBe(true);
}, 120_000);

test('train names the labels of the rows that the taxonomy does not know', async () => {
  const taxonomy = path.join(import.meta.dirname, '../../models/taxonomy.json');
  await writeFile(file('strange.jsonl'), rows(150, 3, ['Misspelt'], { tone: ['Bright'] }));
  const flags = ['--text-only', '--out', file('known.onnx'), '--taxonomy', taxonomy];
  const { stdout } = await marquee('train', file('strange.jsonl'), ...flags);
  expect(stdout).toMatch(/^names that the taxonomy does not know: genre: Misspelt \(150\), tone \(150\)$/m);
}, 60_000);

test('a classifier of vectors that the pack does not make is refused, one of words alone is not', async () => {
  const row = (i: number) => ({
    id: `${i}`,
    vectors: { SOUND: [i % 2, i] },
    labels: { genre: i % 2 ? ['Loud'] : [] },
  });
  const lines = Array.from({ length: 20 }, (_, i) => JSON.stringify(row(i)));
  await writeFile(file('vectors.jsonl'), lines.join('\n'));
  await marquee('train', file('vectors.jsonl'), '--out', file('vectors.onnx'));
  // Where the runtime keeps what it would tell its makers.
  expect(await readdir(file('home'))).toEqual([]);
  const encoders = ['picture@1', 'sound@1'];
  const foreign = await readFile(file('vectors.onnx'));
  expect(() => refuseForeign(foreign, encoders)).toThrow(
    /reads vectors of encoders that its rows did not name, which this pack does not make/,
  );
  await train('words.onnx');
  refuseForeign(await readFile(file('words.onnx')), encoders);
}, 60_000);

test.each<[what: string, command: () => Promise<void>, message: RegExp]>([
  ['train missing.jsonl', () => trainCommand(['missing.jsonl'], {}), /There is no file missing.jsonl/],
  ['train --aim fame', () => trainRows({ aim: 'fame' }), /--aim is best-f1/],
  [
    'train --group mood',
    () => trainRows({ group: ['mood'], out: file('none.onnx') }),
    /no group mood: the groups are genre/,
  ],
  ['train --out nowhere/c.onnx', () => trainRows({ out: file('nowhere/c') }), /no folder .*nowhere: make it/],
  ['train --out .', () => trainRows({ out: '.' }), /is a folder: name a file/],
  [
    'train --out rows.jsonl',
    () => trainRows({ out: file('rows.jsonl') }),
    /rows.jsonl holds rows to learn from: name/,
  ],
  ['train --seed ""', () => trainRows({ seed: '' }), /--seed is a whole number/],
  [
    'train --taxonomy none',
    () => trainRows({ taxonomy: 'none' }),
    /none is not usable: there is no such file/,
  ],
  [
    'weak-label --taxonomy rows.jsonl',
    () => weakLabelCommand([file('rows.jsonl')], { taxonomy: file('rows.jsonl') }),
    /not usable: it is no readable JSON/,
  ],
  ['evaluate --card none.md', () => evaluateRows({ card: 'none.md' }), /There is no model card none.md/],
  [
    'evaluate --card rows.jsonl',
    () => evaluateRows({ card: file('rows.jsonl') }),
    /The card has no place for figures/,
  ],
  [
    'train letters.jsonl',
    () => trainCommand([file('letters.jsonl')], { out: file('none.onnx') }),
    /0 of the 2 rows have vectors or 3 words/,
  ],
  [
    'train unlabelled.jsonl --group mood',
    () => trainCommand([file('unlabelled.jsonl')], { out: file('none.onnx'), group: ['mood'] }),
    /No row names a label/,
  ],
  [
    'evaluate --classifier rows.jsonl',
    () => evaluateRows({ classifier: file('rows.jsonl') }),
    /rows.jsonl is no classifier/,
  ],
  ['evaluate --split half', () => evaluateRows({ split: 'half' }), /--split is training or validation/],
  [
    'train-compact --data /nope',
    () => trainCompactCommand({ data: '/nope' }),
    /no file \/nope\/synopses\.jsonl\.gz that can be read: name/,
  ],
])('%s is answered with what to do', async (_what, command, message) => {
  await expect(command()).rejects.toThrow(message);
});

test.each([
  [['evaluate', 'missing.jsonl'], /^marquee: There is no file missing.jsonl/],
  [
    ['train', 'missing.jsonl', '--pack', 'nope'],
    /'nope' is invalid\. Allowed choices are compact, full, auto\./,
  ],
])('%j says so in one line and exits with 2', async (args, message) => {
  const { stderr, exitCode } = await marquee(...args);
  expect(stderr.trim().split('\n')).toEqual([expect.stringMatching(message)]);
  expect(exitCode).toBe(2);
});
