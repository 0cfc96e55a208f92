import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Analyses } from './analysis/analyses.js';
import { CHANNELS } from './analysis/channels.js';
import { ClassifierFiles } from './analysis/classifier-files.js';
import { Explanations } from './analysis/explanations.js';
import { Activations } from './analysis/learning/activations.js';
import { LearningRunner } from './analysis/learning/learning-runner.js';
import type { LearningService } from './analysis/learning/service.js';
import { Trainings } from './analysis/learning/trainings.js';
import { Notifications } from './analysis/notifications.js';
import type { PackIdentity } from './analysis/pack-identity.js';
import { prepareQueue } from './analysis/queue.js';
import { AnalysisRunner, type Outcome } from './analysis/runner.js';
import type { AnalysisTasks } from './analysis/tasks.js';
import { registerClassifier } from './catalog/classifiers.js';
import { makeDataFolder } from './catalog/data-folder.js';
import { type Database, openDatabase } from './catalog/database.js';
import { type LabelEntry, registerLabels } from './catalog/registry.js';
import { type ChosenPack, choosePack } from './chosen-pack.js';
import type { Config } from './config.js';
import { Discovery } from './discovery/discovery.js';
import type { StageName } from './generated/prisma/enums.js';
import type { DeviceChoice } from './inference/devices.js';
import { usableCores } from './inference/machine.js';
import { ThreadPool } from './inference/threads.js';
import type { Logger } from './log.js';
import { readTaxonomy, type Taxonomy } from './tagging/taxonomy.js';

const MODELS_FOLDER = fileURLToPath(new URL('../models/', import.meta.url));

/** What the server and the command line both stand on: database, models in worker threads, the pipeline. */
export interface Engine {
  config: Config;
  log: Logger;
  database: Database;
  taxonomy: Taxonomy;
  pack: PackIdentity;
  /** Why this pack. */
  packReason: string;
  /** Where the models run, and why there. */
  device: DeviceChoice;
  threads: ThreadPool<AnalysisTasks>;
  /** The threads that hold the encoders; the same ones with the compact pack. */
  encoders: ThreadPool<AnalysisTasks>;
  analyses: Analyses;
  classifiers: ClassifierFiles;
  runner: AnalysisRunner;
  learning: LearningService;
  learner: LearningRunner;
  /** Loads its index when it is started or first asked. */
  discovery: Discovery;
  /** Settles when the models are loaded. @throws Failure MODEL_INVALID */
  loaded: Promise<void>;
  /** Ends everything in reverse; running analyses must have ended or been handed back before. */
  close(): Promise<void>;
}

export interface EngineOptions {
  onStage?(stage: StageName, seconds: number, cached: boolean): void;
  onEnd?(outcome: Outcome): void;
  /** Worker threads at most: whoever analyses one trailer needs one. */
  mostThreads?: number;
  /** Aborted while it opens, everything is closed again. */
  signal?: AbortSignal;
}

/**
 * Opens the database and registers labels and classifier, while the models are loaded in threads: `loaded` says when
 * they are.
 *
 * @throws Failure of whatever cannot be opened, or the signal's reason; what was opened before is closed again
 */
export async function openEngine(
  config: Config,
  log: Logger,
  { mostThreads = Number.POSITIVE_INFINITY, signal, ...observer }: EngineOptions = {},
): Promise<Engine> {
  const opened: (() => Promise<void>)[] = [];
  const close = async () => {
    const failures: unknown[] = [];
    // A folder that is gone cannot be given up in order; threads that stayed open would keep the process alive.
    for (const end of opened.splice(0).reverse()) await end().catch((error) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  };
  try {
    const taxonomy = await readTaxonomy(`${MODELS_FOLDER}taxonomy.json`);
    const chosen = await choosePack(config);
    const { identity, figures, device } = chosen;
    logChoice(log, chosen);

    const entry = builtModule('./analysis/thread.js');
    const cores = config.threads ?? usableCores();
    const threads = new ThreadPool<AnalysisTasks>(entry, Math.min(cores, mostThreads));
    opened.push(() => threads.close());
    const encoders =
      chosen.encoderThreads === null ? threads : new ThreadPool<AnalysisTasks>(entry, chosen.encoderThreads);
    if (encoders !== threads) opened.push(() => encoders.close());
    // Beside the database, which this thread is busy with meanwhile.
    const encodersLoaded = config.role === 'api' ? Promise.resolve() : loadEncoders(encoders, identity, log);
    encodersLoaded.catch(() => undefined);

    await makeDataFolder(config.dataFolder);
    const database = await openDatabase(config, log);
    opened.push(() => database.close());
    signal?.throwIfAborted();
    await prepareQueue({ pool: database.pool, log });
    await registerLabels(database.prisma, labelsOf(taxonomy));
    const shipped = {
      ...{ pack: identity.id, fingerprint: identity.classifier, encoders: identity.encoders },
      figures,
    };
    const left = await registerClassifier(database.prisma, shipped);
    if (left)
      log.warn({ classifier: left.name }, "it reads other encoders' vectors; the shipped one is active");
    const classifiers = new ClassifierFiles(
      database.prisma,
      path.join(config.dataFolder, 'classifiers'),
      identity,
    );

    const notifications = new Notifications(database.url, log);
    await notifications.start();
    opened.push(() => notifications.close());

    const discovery = new Discovery({
      vectors: config.vectors,
      ...{ prisma: database.prisma, pool: database.pool, url: database.url, feed: notifications },
      ...{ taxonomy, packFolder: `${MODELS_FOLDER}compact`, log },
    });
    opened.push(() => discovery.close());
    signal?.throwIfAborted();

    const loaded =
      config.role === 'api'
        ? encodersLoaded
        : loadTaggers(threads, identity, { classifiers, encodersLoaded });
    // Whoever waits for it hears of its failure; an analysis meets the same one.
    loaded.catch(() => undefined);

    const { prisma } = database;
    const parts = { config, prisma, threads, encoders, pack: identity, classifiers, log };
    const analyses = new Analyses({ prisma: database.prisma, notifications, pack: identity });
    const runner = new AnalysisRunner({ ...parts, ...observer }, notifications, observer.onEnd);
    const learner = new LearningRunner(
      {
        ...{ config, prisma, classifiers, log, pack: identity, modelsFolder: MODELS_FOLDER },
        ...{ pool: database.pool, databaseUrl: database.url, threads: cores },
        threadEntry: builtModule('./analysis/learning/thread.js'),
      },
      notifications,
    );
    const explanations = new Explanations({ prisma, threads, pack: identity, classifiers });
    const learning: LearningService = {
      trainings: new Trainings({ prisma, notifications, pack: identity }),
      activations: new Activations({ prisma, notifications, shipped }),
      explain: (predictionIds) => explanations.of(predictionIds),
    };
    if (config.role !== 'api') followActivations(notifications, threads, classifiers, identity, log);
    return {
      ...{
        config,
        log,
        database,
        taxonomy,
        pack: identity,
        packReason: chosen.reason,
        device,
        threads,
        encoders,
      },
      ...{ analyses, classifiers, runner, learning, learner, discovery, loaded, close },
    };
  } catch (error) {
    await close().catch((failure: unknown) => log.warn({ err: failure }, 'not all could be closed'));
    throw error;
  }
}

function labelsOf(taxonomy: Taxonomy): LabelEntry[] {
  return taxonomy.groups.flatMap(({ kind, labels }) =>
    labels.map(({ id, name, definition }) => ({ id, group: kind, name, definition })),
  );
}

/** The first set of sessions by itself: it converts the checkpoints, and the others find what it wrote. */
async function loadEncoders(
  encoders: ThreadPool<AnalysisTasks>,
  { id, files }: PackIdentity,
  log: Logger,
): Promise<void> {
  if (id === 'full') log.info('loading the models; at the first start they are converted too');
  await encoders.run('loadEncoders', files);
  await encoders.runOnEach('loadEncoders', files);
}

/** The classifier that is active, in each of these threads. */
async function loadTaggers(
  threads: ThreadPool<AnalysisTasks>,
  { files }: PackIdentity,
  { classifiers, encodersLoaded }: { classifiers: ClassifierFiles; encodersLoaded: Promise<void> },
): Promise<void> {
  const classifier = await classifiers.active();
  await encodersLoaded;
  await threads.runOnEach('loadTagger', { pack: files, classifier });
}

/** Every process loads a classifier when it is activated, so that the next analysis need not wait for it. */
function followActivations(
  notifications: Notifications,
  threads: ThreadPool<AnalysisTasks>,
  classifiers: ClassifierFiles,
  pack: PackIdentity,
  log: Logger,
): void {
  notifications.on(CHANNELS.classifier, async (changed) => {
    if (changed !== pack.id) return;
    try {
      const classifier = await classifiers.active();
      await threads.runOnEach('loadTagger', { pack: pack.files, classifier });
      log.info({ classifier: classifier.fingerprint }, 'another classifier is active');
    } catch (error) {
      // An analysis that needs it tries again, and says so.
      log.warn({ err: error }, 'the activated classifier could not be loaded ahead');
    }
  });
}

function logChoice(log: Logger, { identity, reason, device }: ChosenPack): void {
  log.info({ pack: identity.id, reason }, 'pack chosen');
  const choice = { device: device.device, reason: device.reason };
  if (device.isFallback) log.warn(choice, 'the device that MARQUEE_DEVICE names cannot be used');
  else log.info(choice, 'device chosen');
}

/** Threads run the built code, also when this file runs from its TypeScript source in a test. */
function builtModule(file: string): URL {
  return new URL(file, import.meta.url.replace('/src/engine.ts', '/dist/engine.js'));
}
