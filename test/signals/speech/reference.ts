/**
 * Whisper's decoding once more, slowly and plainly: every step runs over the whole prefix in float64, sequences
 * are keyed by their text, nothing is cached or batched. It shares no code with the recogniser and follows the
 * description of openai/whisper's decoding and transcription step by step.
 */
import { deflateSync } from 'node:zlib';

export interface ReferenceIds {
  endOfText: number;
  startOfTranscript: number;
  startOfPrevious: number;
  transcribe: number;
  noSpeech: number;
  timestampBegin: number;
  blank: readonly number[];
  /** Tokens that are never sampled. */
  never: readonly number[];
}

export interface ReferenceAnswer {
  tokens: number[];
  averageLogProbability: number;
  noSpeechProbability: number;
}

type Run = (prefix: number[]) => number[];
type Scored = { tokens: number[]; sum: number };

const softmaxLog = (logits: number[]): number[] => {
  const top = Math.max(...logits);
  const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - top), 0)) + top;
  return logits.map((logit) => logit - total);
};

/** The rules of what may come next, applied to a copy. */
export function allowed(
  logits: number[],
  sampled: number[],
  ids: ReferenceIds,
  latestFirstTime: number,
): number[] {
  const time0 = ids.timestampBegin;
  const times = sampled.filter((token) => token >= time0);
  const last = sampled[sampled.length - 1];
  const beforeLast = sampled[sampled.length - 2];
  const lastIsTime = last !== undefined && last >= time0;
  const pairIsComplete = beforeLast === undefined || beforeLast >= time0;
  const out = logits.map((logit, token) => {
    if (ids.never.includes(token)) return Number.NEGATIVE_INFINITY;
    if (sampled.length === 0) {
      if (token === ids.endOfText || ids.blank.includes(token)) return Number.NEGATIVE_INFINITY;
      if (token < time0 || token > time0 + latestFirstTime) return Number.NEGATIVE_INFINITY;
    }
    if (lastIsTime && pairIsComplete && token >= time0) return Number.NEGATIVE_INFINITY;
    if (lastIsTime && !pairIsComplete && token < ids.endOfText) return Number.NEGATIVE_INFINITY;
    if (times.length > 0 && token >= time0) {
      const latest = times[times.length - 1]!;
      const smallest = lastIsTime && !pairIsComplete ? latest : latest + 1;
      if (token < smallest) return Number.NEGATIVE_INFINITY;
    }
    return logit;
  });
  const logs = softmaxLog(out);
  const massOfTimes = logs.slice(time0).reduce((sum, log) => sum + Math.exp(log), 0);
  const likeliestWord = Math.exp(Math.max(...logs.slice(0, time0)));
  if (massOfTimes <= likeliestWord) return out;
  return out.map((logit, token) => (token < time0 ? Number.NEGATIVE_INFINITY : logit));
}

export interface ReferenceSearch {
  temperature: number;
  beams: number;
  answers: number;
  /** One number in [0, 1) for each sequence still going on, in order, at each step. */
  random(): number;
  latestFirstTime: number;
  textPositions: number;
}

export function referenceDecode(
  run: Run,
  prompt: number[],
  ids: ReferenceIds,
  options: ReferenceSearch,
): ReferenceAnswer {
  const atStart = run(prompt.slice(0, prompt.indexOf(ids.startOfTranscript) + 1));
  const noSpeechProbability = Math.exp(softmaxLog(atStart)[ids.noSpeech]!);
  const next = (sampled: number[]) =>
    allowed(run([...prompt, ...sampled]), sampled, ids, options.latestFirstTime);
  const steps = Math.min(Math.floor(options.textPositions / 2), options.textPositions + 1 - prompt.length);
  const useBeams = options.temperature === 0 && options.beams > 1;
  const candidates = useBeams
    ? byBeams(next, ids, options.beams, steps)
    : bySampling(next, ids, options, steps);
  let best = candidates[0]!;
  for (const other of candidates) {
    if (other.sum / other.tokens.length > best.sum / best.tokens.length) best = other;
  }
  return {
    tokens: best.tokens,
    averageLogProbability: best.sum / (best.tokens.length + 1),
    noSpeechProbability,
  };
}

function bySampling(next: Run, ids: ReferenceIds, options: ReferenceSearch, steps: number): Scored[] {
  const rows = Array.from({ length: options.temperature === 0 ? 1 : options.answers }, () => ({
    tokens: [] as number[],
    sum: 0,
    order: Number.POSITIVE_INFINITY,
  }));
  for (let step = 0; step < steps; step++) {
    for (const row of rows) {
      if (row.order < Number.POSITIVE_INFINITY) continue;
      const logits = next(row.tokens);
      const token =
        options.temperature === 0
          ? logits.indexOf(Math.max(...logits))
          : draw(softmaxLog(logits.map((logit) => logit / options.temperature)), options.random());
      row.sum += softmaxLog(logits)[token]!;
      if (token === ids.endOfText) row.order = step;
      else row.tokens.push(token);
    }
  }
  return rows;
}

function draw(logs: number[], share: number): number {
  let sum = 0;
  for (const [token, log] of logs.entries()) {
    sum += Math.exp(log);
    if (share < sum) return token;
  }
  return logs.findLastIndex((log) => log > Number.NEGATIVE_INFINITY);
}

function byBeams(next: Run, ids: ReferenceIds, beams: number, steps: number): Scored[] {
  let going: Scored[] = Array.from({ length: beams }, (): Scored => ({ tokens: [], sum: 0 }));
  const finished = new Map<string, Scored>();
  for (let step = 0; step < steps; step++) {
    const scores = new Map<string, Scored>();
    for (const beam of going) {
      const logs = softmaxLog(next(beam.tokens));
      const order = [...logs.keys()].sort((a, b) => logs[b]! - logs[a]! || a - b);
      const possible = order.filter((token) => logs[token]! > Number.NEGATIVE_INFINITY);
      for (const token of possible.slice(0, beams + 1)) {
        const tokens = [...beam.tokens, token];
        scores.set(tokens.join(' '), { tokens, sum: beam.sum + logs[token]! });
      }
    }
    const ranking = [...scores.values()].sort((a, b) => b.sum - a.sum);
    going = [];
    const ended: Scored[] = [];
    for (const sequence of ranking) {
      if (sequence.tokens.at(-1) === ids.endOfText) ended.push(sequence);
      else going.push(sequence);
      if (going.length === beams) break;
    }
    for (const sequence of ended) {
      if (finished.size < beams) finished.set(sequence.tokens.join(' '), sequence);
    }
    if (finished.size >= beams) break;
  }
  const all = [...finished.values()].map(({ tokens, sum }) => ({ tokens: tokens.slice(0, -1), sum }));
  for (const beam of [...going].sort((a, b) => b.sum - a.sum)) if (all.length < beams) all.push(beam);
  return all;
}

export interface ReferenceLine {
  start: number;
  end: number;
  tokens: number[];
}

export interface ReferenceTranscript {
  /** Encoder positions (fractions allowed) from the sound's begin. */
  lines: ReferenceLine[];
  windows: number[];
}

/**
 * The loop over windows. Frames are 10 ms; one encoder position is `stride` frames.
 *
 * @param windowRun what the model gives for the window that begins at a frame
 * @param textOf the words of tokens, for the ratio of repetition and for blank lines
 */
export function referenceTranscribe(
  windowRun: (startFrame: number) => Run,
  clips: { startFrame: number; endFrame: number }[],
  ids: ReferenceIds,
  language: number,
  textOf: (tokens: number[]) => string,
  options: Omit<ReferenceSearch, 'random'> & {
    temperatures: readonly number[];
    stride: number;
    conditionOnPrevious: boolean;
    random(startFrame: number, temperature: number): () => number;
  },
): ReferenceTranscript {
  const lines: ReferenceLine[] = [];
  const windows: number[] = [];
  let told: number[] = [];
  for (const clip of clips) {
    let seek = clip.startFrame;
    while (seek < clip.endFrame) {
      windows.push(seek);
      const frames = Math.min(3000, clip.endFrame - seek);
      const tail = told.slice(Math.max(0, told.length - (Math.floor(options.textPositions / 2) - 1)));
      const prompt = [
        ...(tail.length > 0 ? [ids.startOfPrevious, ...tail] : []),
        ids.startOfTranscript,
        language,
        ids.transcribe,
      ];
      let answer: ReferenceAnswer | undefined;
      let used = 0;
      for (const temperature of options.temperatures) {
        answer = referenceDecode(windowRun(seek), prompt, ids, {
          ...options,
          temperature,
          random: options.random(seek, temperature),
        });
        used = temperature;
        const bytes = Buffer.from(textOf(answer.tokens).trim());
        let again = bytes.length / deflateSync(bytes).length > 2.4;
        if (answer.averageLogProbability < -1) again = true;
        if (answer.noSpeechProbability > 0.6 && answer.averageLogProbability < -1) again = false;
        if (!again) break;
      }
      const { tokens, averageLogProbability, noSpeechProbability } = answer!;
      if (noSpeechProbability > 0.6 && !(averageLogProbability > -1)) {
        seek += frames;
        continue;
      }
      const found = cutAtPairs(tokens, frames / options.stride, ids.timestampBegin);
      for (const line of found.lines) {
        if (line.start === line.end || textOf(line.tokens).trim() === '') continue;
        lines.push({
          start: seek / options.stride + line.start,
          end: seek / options.stride + line.end,
          tokens: line.tokens,
        });
        told.push(...line.tokens);
      }
      if (!options.conditionOnPrevious || used > 0.5) told = [];
      seek += found.positions === null ? frames : found.positions * options.stride;
    }
  }
  return { lines, windows };
}

/** Lines between times; `positions` is how far the window was read, null for all of it. */
function cutAtPairs(
  tokens: number[],
  length: number,
  time0: number,
): { lines: ReferenceLine[]; positions: number | null } {
  const kinds = tokens.map((token) => (token >= time0 ? 'T' : 'w')).join('');
  const endsAlone = /(^|w)T$/.test(kinds) && kinds.length > 1;
  const starts: number[] = [];
  for (let i = 1; i < tokens.length; i++) if (kinds[i - 1] === 'T' && kinds[i] === 'T') starts.push(i);
  if (starts.length === 0) {
    const last = tokens.filter((token) => token >= time0).at(-1);
    const end = last !== undefined && last !== time0 ? last - time0 : length;
    return { lines: [{ start: 0, end, tokens }], positions: null };
  }
  const bounds = endsAlone ? [0, ...starts, tokens.length] : [0, ...starts];
  const lines = bounds.slice(1).map((to, i) => {
    const slice = tokens.slice(bounds[i]!, to);
    return { start: slice[0]! - time0, end: slice.at(-1)! - time0, tokens: slice };
  });
  return { lines, positions: endsAlone ? null : lines.at(-1)!.end };
}
