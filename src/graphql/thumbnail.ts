import type { Shot } from '../generated/prisma/client.js';
import type { Context } from './context.js';

/** Where this server serves a shot's picture; null where there is none. */
export function thumbnailUrl(
  { signPath }: Context,
  shot: Pick<Shot, 'trailerId' | 'index' | 'thumbnail'>,
): string | null {
  return shot.thumbnail === null ? null : signPath(`/thumbnails/${shot.trailerId}/${shot.index}.jpg`);
}
