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
