import type { VideoFacts } from './facts.js';
import { toneMapping } from './tone-mapping.js';

/** How the stored pictures become those that a viewer sees. */
export type Viewing = Pick<VideoFacts, 'isInterlaced' | 'rotationDegrees' | 'dynamicRange'>;

/**
 * In front of all scaling: of two fields the upper one, which costs nothing and knows no neighbours. Half of the lines are
 * more than the small pictures have. What ffmpeg has turned on its side has its fields in columns, and is left as it is.
 */
export function oneField({ isInterlaced, rotationDegrees }: Viewing): string[] {
  return isInterlaced && rotationDegrees % 180 === 0 ? ['field=type=top'] : [];
}

/** In front of `scale=${scaling}`, the last one: pictures of a high dynamic range get their size here, and an ordinary one. */
export function ordinaryRange({ dynamicRange }: Viewing, scaling: string): string[] {
  return dynamicRange === 'SDR' ? [] : [toneMapping(dynamicRange, scaling)];
}
