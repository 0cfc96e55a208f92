import path from 'node:path';
import { asFailure, Failure } from '../failure.js';
import { readTaxonomy, type Taxonomy } from '../tagging/taxonomy.js';

/** The file that `--taxonomy` names. @throws Failure BAD_INPUT: whoever gave it can mend it */
export async function readGivenTaxonomy(file: string): Promise<Taxonomy> {
  try {
    return await readTaxonomy(path.resolve(file));
  } catch (cause) {
    throw new Failure('BAD_INPUT', asFailure(cause).message, { cause });
  }
}
