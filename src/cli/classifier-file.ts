import { readFile } from 'node:fs/promises';
import { readEmbeddings } from '../analysis/explanations.js';
import type { Engine } from '../engine.js';
import { Failure } from '../failure.js';
import { nameClassifier, readClassifier } from '../tagging/classifier-file.js';
import { tagByClassifier } from '../tagging/trained-tagger.js';
import { inOrder } from './analysis-report.js';
import type { AnalysisReport } from './report.js';

/** The bytes that `marquee train` wrote. @throws Failure SOURCE_NOT_FOUND, BAD_INPUT when it wrote no such file */
export async function readClassifierFile(file: string): Promise<Uint8Array> {
  const bytes = await readFile(file).catch((cause) => {
    throw new Failure('SOURCE_NOT_FOUND', `There is no classifier ${file}: give the file of one.`, { cause });
  });
  try {
    readClassifier(bytes);
  } catch (cause) {
    throw new Failure(
      'BAD_INPUT',
      `${file} is no classifier of this version: give a file of marquee train.`,
      {
        cause,
      },
    );
  }
  return bytes;
}

/**
 * A head that reads none of the pack's vectors would abstain from everything, as if the trailer were to blame.
 * @throws Failure CLASSIFIER_INCOMPATIBLE
 */
export function refuseForeign(bytes: Uint8Array, encoders: readonly string[]): void {
  const { vectors, models } = readClassifier(bytes).classifier;
  if (vectors === null) return;
  const read = vectors.layout.signals.flatMap(({ signal }) => models[signal] ?? []);
  if (read.some((model) => encoders.includes(model))) return;
  const of = read.length > 0 ? read.join(' and ') : 'encoders that its rows did not name';
  throw new Failure(
    'CLASSIFIER_INCOMPATIBLE',
    `The classifier reads vectors of ${of}, which this pack does not make: choose another --pack, or train from rows with media.`,
  );
}

/** What a classifier that the catalog need not know says of a trailer that was analysed. */
export async function tagByFile(
  { database, pack }: Engine,
  trailerId: string,
  bytes: Uint8Array,
): Promise<Pick<AnalysisReport, 'classifier' | 'tags'>> {
  const { classifier } = readClassifier(bytes);
  const names = new Map(classifier.labels.map(({ id, name }) => [id, name]));
  const embeddings = (await readEmbeddings(database.prisma, [trailerId], pack.encoders)).get(trailerId) ?? [];
  const tags = tagByClassifier(classifier, embeddings);
  return {
    classifier: nameClassifier(bytes),
    tags: inOrder(
      tags.map(({ label, probability, threshold, state, weight, evidence }) => ({
        ...{ id: label, label: names.get(label) ?? label, probability, threshold, state, weight },
        group: label.slice(0, label.indexOf('/')).toUpperCase(),
        evidence,
      })),
    ),
  };
}
