import { GATE_FRAME_SECONDS } from './gate.js';

/** A stretch in which somebody speaks. */
export interface Island {
  startSeconds: number;
  endSeconds: number;
}

/** Speech begins at or above the first probability and ends below the second one (Silero's own values). */
const ONSET = 0.5;
const OFFSET = 0.35;
/** Shorter dips are part of the speech around them. */
const DIP_SECONDS = 0.1;
/** What no doubt is possible about: at least so long at or above so much. */
const SURE_PROBABILITY = 0.8;
const SURE_SECONDS = 0.25;
/** Half-heard speech counts only so close to speech that no doubt is possible about. */
const NEAR_SECONDS = 3;
/** Kept around an island, for soft beginnings and endings. */
const MARGIN_SECONDS = 0.4;
/** Shorter pauses between islands are kept: they carry the rhythm by which lines are told apart. */
const PAUSE_SECONDS = 2;

/** A run of frames, the end excluded. */
interface Run {
  start: number;
  end: number;
}

/**
 * Where somebody speaks. Two thresholds give runs of speech; a run counts when it is sure by itself or near one
 * that is. Music that sounds a little like a voice for a moment is never near sure speech in a trailer without
 * words, while words under loud music mostly follow words that were heard better.
 *
 * @param probabilities one a frame of a gate
 * @returns in time, apart by more than two seconds, with their margins
 */
export function speechIslands(probabilities: Float32Array): Island[] {
  const runs = speechRuns(probabilities);
  const sure = runs.filter((run) => isSure(probabilities, run));
  const kept = runs.filter((run) => sure.some((other) => gapSeconds(run, other) <= NEAR_SECONDS));
  const lengthSeconds = probabilities.length * GATE_FRAME_SECONDS;
  const islands: Island[] = [];
  for (const run of kept) {
    const startSeconds = Math.max(0, run.start * GATE_FRAME_SECONDS - MARGIN_SECONDS);
    const endSeconds = Math.min(lengthSeconds, run.end * GATE_FRAME_SECONDS + MARGIN_SECONDS);
    const last = islands.at(-1);
    if (last && startSeconds - last.endSeconds <= PAUSE_SECONDS) last.endSeconds = endSeconds;
    else islands.push({ startSeconds, endSeconds });
  }
  return islands;
}

function speechRuns(probabilities: Float32Array): Run[] {
  const dip = DIP_SECONDS / GATE_FRAME_SECONDS;
  const runs: Run[] = [];
  let run: Run | null = null;
  for (const [frame, probability] of probabilities.entries()) {
    if (run && frame - run.end >= dip) {
      runs.push(run);
      run = null;
    }
    if (run && probability >= OFFSET) run.end = frame + 1;
    else if (!run && probability >= ONSET) run = { start: frame, end: frame + 1 };
  }
  if (run) runs.push(run);
  return runs;
}

function isSure(probabilities: Float32Array, run: Run): boolean {
  let sure = 0;
  for (let frame = run.start; frame < run.end; frame++) if (probabilities[frame]! >= SURE_PROBABILITY) sure++;
  return sure * GATE_FRAME_SECONDS >= SURE_SECONDS;
}

function gapSeconds(a: Run, b: Run): number {
  return Math.max(0, a.start - b.end, b.start - a.end) * GATE_FRAME_SECONDS;
}

/** Shorter rests of an island are nobody's words. */
const SHORTEST_SECONDS = 0.5;

/**
 * The parts of islands that no line covers: what a recogniser is to fill where subtitles are silent.
 *
 * @param lines in any order; they may overlap
 */
export function uncoveredIslands(islands: readonly Island[], lines: readonly Island[]): Island[] {
  const inOrder = [...lines].sort((a, b) => a.startSeconds - b.startSeconds);
  const rests: Island[] = [];
  for (const island of islands) {
    let startSeconds = island.startSeconds;
    for (const line of inOrder) {
      if (line.endSeconds <= startSeconds || line.startSeconds >= island.endSeconds) continue;
      rests.push({ startSeconds, endSeconds: line.startSeconds });
      startSeconds = line.endSeconds;
    }
    rests.push({ startSeconds, endSeconds: island.endSeconds });
  }
  return rests.filter(({ startSeconds, endSeconds }) => endSeconds - startSeconds >= SHORTEST_SECONDS);
}

/** Frames of the shortest word that can be told: about a quarter of a second. */
const WORD_FRAMES = 8;

/** The seconds of a window, less what the reel adds when it rounds pieces outwards to 10 ms. */
const LONGEST_SECONDS = 29.9;
/** Nothing shorter is cut off: a window with a few words in it is where words are made up. */
const SHORTEST_PART_SECONDS = 5;

/**
 * Islands that no window holds, cut in the middle of their quietest half second in the last third of what a window
 * holds, the latest of equals (the cut of WhisperX, Bain et al., 2023). Their parts need not wait for each other.
 *
 * @param probabilities one a frame of a gate
 */
export function cutAtPauses(islands: readonly Island[], probabilities: Float32Array): Island[] {
  return islands.flatMap(({ startSeconds, endSeconds }) => {
    const parts: Island[] = [];
    let start = startSeconds;
    while (endSeconds - start > LONGEST_SECONDS) {
      const latest = Math.min(start + LONGEST_SECONDS, endSeconds - SHORTEST_PART_SECONDS);
      const cut = quietestMoment(probabilities, start + (2 / 3) * LONGEST_SECONDS, latest);
      parts.push({ startSeconds: start, endSeconds: cut });
      start = cut;
    }
    return [...parts, { startSeconds: start, endSeconds }];
  });
}

/** Half a second: a cut in its middle leaves the words on both sides their ends. */
const PAUSE_FRAMES = 16;

/** The middle of the half second in which speech is least likely. */
function quietestMoment(probabilities: Float32Array, fromSeconds: number, toSeconds: number): number {
  const last = Math.floor(toSeconds / GATE_FRAME_SECONDS) - PAUSE_FRAMES;
  let quietest = last;
  let least = Number.POSITIVE_INFINITY;
  for (let frame = Math.ceil(fromSeconds / GATE_FRAME_SECONDS); frame <= last; frame++) {
    const voice = probabilities.subarray(frame, frame + PAUSE_FRAMES).reduce((sum, value) => sum + value, 0);
    if (voice > least) continue;
    quietest = frame;
    least = voice;
  }
  return (quietest + PAUSE_FRAMES / 2) * GATE_FRAME_SECONDS;
}

/** The highest mean probability of speech over a quarter of a second of the stretch; 0 outside the sound. */
export function voiceProbability(probabilities: Float32Array, stretch: Island): number {
  const start = Math.max(0, Math.floor(stretch.startSeconds / GATE_FRAME_SECONDS));
  const end = Math.min(probabilities.length, Math.ceil(stretch.endSeconds / GATE_FRAME_SECONDS));
  let sum = 0;
  let best = 0;
  for (let frame = start; frame < end; frame++) {
    sum += probabilities[frame]!;
    if (frame - WORD_FRAMES >= start) sum -= probabilities[frame - WORD_FRAMES]!;
    best = Math.max(best, sum / WORD_FRAMES);
  }
  return best;
}
