import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from '../failure.js';
import { DECODE_VERSION } from '../media/decode-folder.js';
import type { SubtitleTrack } from '../media/decoded.js';
import type { MediaFacts } from '../media/facts.js';
import { fetchTrailer } from '../media/fetch.js';
import type { FetchedTrailer, TrailerSource } from '../media/source.js';
import { parseSubtitles, readCaptions } from '../media/subtitles.js';
import type { SignalEmbedding } from '../signals/signal.js';
import type { Tagging } from '../tagging/tag.js';
import type { TakenAnalysis } from './attempt.js';
import { publish } from './publication.js';
import { stageVersion } from './stage.js';
import { runKnownStage, runStage, type StageRun } from './stage-run.js';
import type { DecodeInput, DecodeSummary } from './tasks.js';
import { chooseTranscript, filledTranscript, recognisedTranscript, type Transcript } from './transcript.js';
import { unlessAborted } from './turns.js';

/** Raise a number when that stage's own code gives other results for the same input. */
const NUMBERS = { PROBE: '3', TRANSCRIBE: '4', EMBED: '3', TAG: '1' };

/** How the pictures were read, in words. */
const DECODED: Record<DecodeSummary['decodePath'], string> = {
  WINDOWS: 'Of the pictures, key frames and what lies around places where a shot may end were decoded.',
  FULL: 'All of the pictures were decoded.',
  NO_PICTURE: 'There are no pictures: the sound was decoded alone.',
};

/** A result together with the version under which it is stored, on which the next stages depend. */
interface Versioned<T> {
  value: T;
  version: string;
}

/** Takes one attempt through all stages; the last one ends the analysis SUCCEEDED. */
export async function runStages(run: StageRun): Promise<void> {
  const fetched = await fetchStage(run);
  const facts = await probeStage(run, fetched);
  const decode: DecodeInput = {
    path: fetched.path,
    facts: facts.value,
    folder: path.join(run.config.dataFolder, 'decoded', fetched.contentHash),
    again: false,
  };
  const decoded = await decodeStage(run, fetched, decode);
  const transcript = await transcribeStage(run, fetched, decode, decoded);
  const embeddings = await embedStage(
    run,
    fetched,
    decode,
    [decoded.version, transcript.version],
    transcript.value,
  );
  const tagging = await tagStage(run, fetched, embeddings);
  await publishStage(run, {
    contentHash: fetched.contentHash,
    facts: facts.value,
    decoded: decoded.value,
    transcript: transcript.value,
    embeddings: embeddings.value,
    tagging,
  });
}

export function sourceOf({ trailer }: Pick<TakenAnalysis, 'trailer'>): TrailerSource {
  const locator = trailer.sourceLocator;
  if (trailer.sourceKind === 'PATH') return { kind: 'PATH', path: locator };
  if (trailer.sourceKind === 'UPLOAD') return { kind: 'UPLOAD', uploadId: locator };
  return { kind: 'URL', url: locator };
}

function fetchStage(run: StageRun): Promise<FetchedTrailer> {
  return runStage(run, 'FETCH', async (progress) => {
    const storeFolder = path.join(run.config.dataFolder, 'store');
    const result = await fetchTrailer(sourceOf(run.attempt.analysis), {
      mediaRoots: run.config.mediaRoots,
      storeFolder,
      limits: run.config.limits,
      signal: run.signal,
      progress,
      findUpload: async (id) => {
        const upload = await run.prisma.upload.findUnique({ where: { id } });
        return upload && { ...upload, path: path.join(storeFolder, upload.contentHash) };
      },
    });
    return { result, cached: false };
  });
}

async function probeStage(run: StageRun, fetched: FetchedTrailer): Promise<Versioned<MediaFacts>> {
  const version = stageVersion('PROBE', NUMBERS.PROBE, JSON.stringify(run.config.limits));
  const key = { contentHash: fetched.contentHash, version };
  const value = await runKnownStage(run, 'PROBE', key, () =>
    run.threads.run('probe', { path: fetched.path, limits: run.config.limits }, { signal: run.signal }),
  );
  return { value, version };
}

async function decodeStage(
  run: StageRun,
  fetched: FetchedTrailer,
  input: DecodeInput,
): Promise<Versioned<DecodeSummary>> {
  const version = stageVersion('DECODE', DECODE_VERSION);
  const key = { contentHash: fetched.contentHash, version };
  const value = await runKnownStage(
    run,
    'DECODE',
    key,
    (progress) =>
      run.turns.take(input.folder, run.signal, () =>
        run.threads.run(
          'decode',
          { ...input, again: run.attempt.analysis.force },
          { signal: run.signal, progress },
        ),
      ),
    {
      isWhole: (known) => hasThumbnails(input.folder, known.shots),
      tell: ({ decodePath }) => DECODED[decodePath],
    },
  );
  return { value, version };
}

/** The page shows the thumbnails long after everything else in the folder has been used. */
async function hasThumbnails(folder: string, shots: DecodeSummary['shots']): Promise<boolean> {
  const there = new Set(await readdir(path.join(folder, 'thumbnails')).catch(() => []));
  return shots.every(({ thumbnail }) => thumbnail === null || there.has(thumbnail));
}

async function transcribeStage(
  run: StageRun,
  fetched: FetchedTrailer,
  decode: DecodeInput,
  decoded: Versioned<DecodeSummary>,
): Promise<Versioned<Transcript>> {
  const given = run.attempt.analysis.subtitles;
  const captions: SubtitleTrack[] = [];
  for (const file of given === null ? fetched.captions : []) {
    try {
      captions.push(await readCaptions(file));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      // Nobody asked for this file: it lay beside the trailer, or came with the video.
      run.log.warn({ file: path.basename(file.path), reason: error.message }, 'captions left out');
    }
  }
  if (given !== null) captions.push({ origin: 'SIDECAR', language: null, lines: parseSubtitles(given) });
  const words = createHash('sha256').update(JSON.stringify(captions)).digest('hex');
  const listener = run.pack.recogniser ?? '';
  const { speech } = run.config;
  const version = stageVersion('TRANSCRIBE', NUMBERS.TRANSCRIBE, decoded.version, words, listener, speech);
  const key = { contentHash: fetched.contentHash, version };
  const { durationSeconds } = decode.facts;
  const value = await runKnownStage(run, 'TRANSCRIBE', key, async (progress) => {
    const written = chooseTranscript([...captions, ...decoded.value.subtitles], durationSeconds);
    const isEnough = written.origin !== null && speech === 'missing';
    if (isEnough || run.pack.recogniser === null) return written;
    const known = written.lines.map(({ startSeconds, endSeconds }) => ({ startSeconds, endSeconds }));
    const input = { decode, known, pack: run.pack.files };
    const work = run.turns.take(decode.folder, run.signal, () =>
      run.encoders.run('recognise', input, { signal: run.signal, progress }),
    );
    const heard = await unlessAborted(work, run.signal);
    return written.origin === null
      ? recognisedTranscript(heard, durationSeconds)
      : filledTranscript(written, heard, durationSeconds);
  });
  return { value, version };
}

async function embedStage(
  run: StageRun,
  fetched: FetchedTrailer,
  decode: DecodeInput,
  dependencies: string[],
  transcript: Transcript,
): Promise<Versioned<SignalEmbedding[]>> {
  const version = stageVersion('EMBED', NUMBERS.EMBED, ...dependencies, ...run.pack.encoders);
  const key = { contentHash: fetched.contentHash, version };
  const value = await runKnownStage(run, 'EMBED', key, (progress) =>
    unlessAborted(
      run.turns.take(decode.folder, run.signal, () =>
        run.encoders.run(
          'embed',
          { decode, lines: transcript.lines, pack: run.pack.files },
          { signal: run.signal, progress },
        ),
      ),
      run.signal,
    ),
  );
  return { value, version };
}

function tagStage(
  run: StageRun,
  fetched: FetchedTrailer,
  embeddings: Versioned<SignalEmbedding[]>,
): Promise<Tagging> {
  const { classifier } = run;
  const version = stageVersion('TAG', NUMBERS.TAG, embeddings.version, classifier.fingerprint);
  const key = { contentHash: fetched.contentHash, version };
  return runKnownStage(run, 'TAG', key, () =>
    run.threads.run(
      'tag',
      { embeddings: embeddings.value, pack: run.pack.files, classifier },
      { signal: run.signal },
    ),
  );
}

async function publishStage(
  run: StageRun,
  found: Omit<Parameters<typeof publish>[1], 'analysisId' | 'trailerId' | 'pack'>,
): Promise<void> {
  const startedAt = performance.now();
  run.signal.throwIfAborted();
  await run.attempt.beginStage('PUBLISH');
  const { id: analysisId, trailerId } = run.attempt.analysis;
  await run.attempt.succeed(async (tx) => {
    await publish(tx, { analysisId, trailerId, pack: run.pack.id, ...found });
  });
  run.onStage?.('PUBLISH', (performance.now() - startedAt) / 1000, false);
}
