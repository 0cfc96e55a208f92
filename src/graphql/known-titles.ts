import { kindOf } from '../catalog/id.js';
import { Failure } from '../failure.js';
import type { Context } from './context.js';

type Loaders = Pick<Context, 'loaders'>;

/**
 * The titles among the given ids that are in the catalog, each once: some may have been deleted since whoever asks
 * learned their ids.
 * @param argument where the ids were given
 * @throws Failure BAD_INPUT for an id that is no title's
 */
export async function knownTitles(
  ids: readonly string[],
  argument: string,
  { loaders }: Loaders,
): Promise<string[]> {
  const given = [...new Set(ids)];
  const foreign = given.find((id) => kindOf(id) !== 'title');
  if (foreign !== undefined) {
    throw new Failure('BAD_INPUT', `${foreign} is not the id of a title: give those of Title.id.`, {
      path: [argument],
    });
  }
  const found = await Promise.all(given.map((id) => loaders.title.load(id)));
  return given.filter((_, i) => found[i] !== null);
}

/**
 * The titles of a taste. Without any there is no taste, and the answer would be as if none had been given.
 * @throws Failure BAD_INPUT for an id that is no title's; NOT_FOUND where none of the titles is there any more
 */
export async function likedTitles(ids: readonly string[], context: Loaders): Promise<string[]> {
  const known = await knownTitles(ids, 'liked', context);
  if (known.length > 0 || ids.length === 0) return known;
  throw new Failure('NOT_FOUND', 'None of the liked titles is in the catalog: look their ids up again.', {
    path: ['liked'],
  });
}
