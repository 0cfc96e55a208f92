import type { Shot } from '../generated/prisma/client.js';

/** The path on this server under which a shot's picture is served; null where there is none. */
export function thumbnailUrl(shot: Pick<Shot, 'trailerId' | 'index' | 'thumbnail'>): string | null {
  return shot.thumbnail === null ? null : `/thumbnails/${shot.trailerId}/${shot.index}.jpg`;
}
