import { vectorFromBytes } from '../catalog/vector-bytes.js';
import type { PrismaClient } from '../generated/prisma/client.js';
import type { ThreadPool } from '../inference/threads.js';
import { SHOT_FEATURES } from '../signals/picture-features.js';
import type { Signal } from '../signals/signal.js';
import { dot } from './aspect.js';
import { fuseRanks } from './rank-fusion.js';
import type { DiscoveryTasks } from './tasks.js';
import type { Neighbour } from './vector-index.js';

/** How a moment was found: by the words of its line, by what it speaks of, or by how it looks. */
export type MomentKind = 'LINE' | 'MEANING' | 'PICTURE';

/** A time in a trailer; its id is the trailer's with the time in milliseconds. */
export interface MomentMatch extends Neighbour {
  trailerId: string;
  startSeconds: number;
  endSeconds: number;
  line: string | null;
  matchedBy: MomentKind[];
}

type Found = Omit<MomentMatch, 'score' | 'matchedBy'>;

/** Moments a list. */
const LONGEST_LIST = 100;
/** Titles and trailers whose moments are compared one by one: bounds what is read. */
const TITLES = 100;
const NEWEST_TRAILERS = 200;
const MOST_MOMENTS = 20_000;
/** A line is short, so that one shared word lifts its cosine far: it must be nearer than a whole text. */
const LINE_CUTOFF = 0.55;
/** Deviations from the usual shot that count as looking like the word. */
const PICTURE_CUTOFF = 1;

/** Words for what a shot looks like, as features of the compact pack and their direction. */
const LOOKS: Record<string, { feature: keyof typeof SHOT_FEATURES; sign: 1 | -1 }> = {
  dark: { feature: 'light', sign: -1 },
  night: { feature: 'light', sign: -1 },
  bright: { feature: 'light', sign: 1 },
  red: { feature: 'red', sign: 1 },
  yellow: { feature: 'yellow', sign: 1 },
  green: { feature: 'green', sign: 1 },
  blue: { feature: 'blue', sign: 1 },
  colourful: { feature: 'saturation', sign: 1 },
  colorful: { feature: 'saturation', sign: 1 },
  grey: { feature: 'saturation', sign: -1 },
  gray: { feature: 'saturation', sign: -1 },
  fast: { feature: 'motion', sign: 1 },
  chase: { feature: 'motion', sign: 1 },
  still: { feature: 'motion', sign: -1 },
  calm: { feature: 'motion', sign: -1 },
};
const FEATURES = Object.keys(SHOT_FEATURES);

interface Parts {
  prisma: PrismaClient;
  index: ThreadPool<DiscoveryTasks>;
  models: Record<Signal, string>;
}

/** Times inside trailers by line, meaning and look, best first. */
export async function searchMoments(parts: Parts, query: string): Promise<MomentMatch[]> {
  const lists = (
    await Promise.all([byLine(parts, query), byMeaning(parts, query), byLook(parts, query)])
  ).filter(({ moments }) => moments.length > 0);
  const momentOf = new Map(lists.flatMap(({ moments }) => moments.map((moment) => [moment.id, moment])));
  const kindsOf = (id: string) =>
    lists.filter(({ moments }) => moments.some((moment) => moment.id === id)).map(({ kind }) => kind);
  const fused = fuseRanks(lists.map(({ moments }) => ({ ids: moments.map(({ id }) => id), weight: 1 })));
  return fused.map(({ id, score }) => ({ ...momentOf.get(id)!, score, matchedBy: kindsOf(id) }));
}

interface List {
  kind: MomentKind;
  moments: Found[];
}

async function byLine({ prisma }: Parts, query: string): Promise<List> {
  const rows = await prisma.$queryRaw<Omit<Found, 'id'>[]>`
    SELECT n."trailerId", n."startSeconds", n."endSeconds", n."text" AS "line"
    FROM "Line" n, plainto_tsquery('marquee', ${query}) q
    WHERE to_tsvector('marquee', n."text") @@ q
    ORDER BY ts_rank(to_tsvector('marquee', n."text"), q, 1) DESC, n."trailerId", n."index"
    LIMIT ${LONGEST_LIST}`;
  return { kind: 'LINE', moments: rows.map(withId) };
}

/** Lines of the trailers whose texts speak of the same things. */
async function byMeaning({ prisma, index, models }: Parts, query: string): Promise<List> {
  const read = await index.run('readQuery', { text: query, titles: TITLES });
  if (!read) return { kind: 'MEANING', moments: [] };
  const rows = await prisma.$queryRaw<(Omit<Found, 'id'> & { vector: Uint8Array })[]>`
    SELECT s."trailerId", m."startSeconds", m."endSeconds", m."line", m."vector"
    FROM "TitleProfile" f
    JOIN "Prediction" p ON p."id" = f."predictionId"
    JOIN "SignalVector" s ON s."trailerId" = p."trailerId" AND s."signal" = 'TEXT' AND s."model" = ${models.TEXT}
    JOIN "MomentVector" m ON m."signalVectorId" = s."id"
    WHERE f."titleId" = ANY(${read.titleIds}::text[]) LIMIT ${MOST_MOMENTS}`;
  return { kind: 'MEANING', moments: best(rows, LINE_CUTOFF, (moment) => dot(read.vector, moment)) };
}

/** Shots of the newest trailers that look as the query's words say; the compact pack sees light, colour, motion. */
async function byLook({ prisma, models }: Parts, query: string): Promise<List> {
  const looks = query
    .toLowerCase()
    .split(/\P{L}+/u)
    .flatMap((word) => (Object.hasOwn(LOOKS, word) ? [LOOKS[word]!] : []));
  if (looks.length === 0) return { kind: 'PICTURE', moments: [] };
  const rows = await prisma.$queryRaw<(Omit<Found, 'id'> & { vector: Uint8Array })[]>`
    SELECT s."trailerId", m."startSeconds", m."endSeconds", m."line", m."vector"
    FROM (SELECT r."id" FROM "Trailer" r ORDER BY r."id" DESC LIMIT ${NEWEST_TRAILERS}) newest
    JOIN "SignalVector" s ON s."trailerId" = newest."id" AND s."signal" = 'PICTURE' AND s."model" = ${models.PICTURE}
    JOIN "MomentVector" m ON m."signalVectorId" = s."id"
    LIMIT ${MOST_MOMENTS}`;
  const moments = best(rows, PICTURE_CUTOFF, (moment) =>
    Math.min(...looks.map(({ feature, sign }) => sign * moment[FEATURES.indexOf(feature)]!)),
  );
  return { kind: 'PICTURE', moments };
}

function best(
  rows: readonly (Omit<Found, 'id'> & { vector: Uint8Array })[],
  cutoff: number,
  scoreOf: (vector: Float32Array) => number,
): Found[] {
  return rows
    .map(({ vector, ...moment }) => ({ moment: withId(moment), score: scoreOf(vectorFromBytes(vector)) }))
    .filter(({ score }) => score >= cutoff)
    .sort((a, b) => b.score - a.score || (a.moment.id < b.moment.id ? -1 : 1))
    .slice(0, LONGEST_LIST)
    .map(({ moment }) => moment);
}

function withId(moment: Omit<Found, 'id'>): Found {
  return { ...moment, id: `${moment.trailerId}:${Math.round(moment.startSeconds * 1000)}` };
}
