#!/usr/bin/env node
import './inference/no-telemetry.js';
import { createRequire } from 'node:module';
import { Command, CommanderError, Option } from 'commander';
import type { AnalyzeFlags } from './cli/analyze.js';
import type { EvaluateFlags } from './cli/evaluate.js';
import type { ImportFlags } from './cli/import.js';
import { addModelsCommands } from './cli/models-commands.js';
import type { TrainFlags } from './cli/train.js';
import type { WeakLabelFlags } from './cli/weak-label.js';
import { asFailure, type FailureCode } from './failure.js';
import { Interrupted } from './stop-signal.js';

/** 0 done, 2 bad input, 1 failure. */
const EXIT = { done: 0, failure: 1, badInput: 2 } as const;

/** What a user can mend by giving something else; every other failure exits 1. */
const BAD_INPUT_CODES: ReadonlySet<FailureCode> = new Set([
  'BAD_INPUT',
  'NOT_FOUND',
  'CONFLICT',
  'TOO_LARGE',
  'SOURCE_NOT_FOUND',
  'SOURCE_OUTSIDE_ROOTS',
  'SOURCE_NOT_A_FILE',
  'SOURCE_EMPTY',
  'URL_INVALID',
  'URL_FORBIDDEN',
  'DOWNLOAD_TOO_LARGE',
  'MEDIA_UNREADABLE',
  'MEDIA_FORMAT_FORBIDDEN',
  'MEDIA_NO_STREAMS',
  'MEDIA_TOO_LONG',
  'MEDIA_TOO_LARGE',
  'MEDIA_DECODE_FAILED',
  'MEDIA_TIMEOUT',
  'SUBTITLES_INVALID',
  'CONFIGURATION_INVALID',
  'CLASSIFIER_INCOMPATIBLE',
]);

/** Commander refuses other names, also where nothing is analysed after all. */
const packOption = (description: string) =>
  new Option('--pack <pack>', description).choices(['compact', 'full', 'auto']);

function program(): Command {
  const marquee = new Command('marquee')
    .description('Trailers in; genre, mood and theme out, each with its probability and evidence.')
    .version(createRequire(import.meta.url)('../package.json').version)
    .exitOverride()
    .configureOutput({ writeErr: (text) => process.stderr.write(text) })
    .addHelpText(
      'after',
      `
Examples:
  marquee serve                                    the GraphQL API and the page on http://127.0.0.1:4000
  marquee analyze trailer.mp4                      one trailer, as a table
  marquee analyze trailer.mp4 --subtitles en.srt   with its words: the answers get much better
  marquee analyze https://example.org/t.mp4 --json as JSON, for another program
  marquee doctor                                   what is missing on this machine, and how to get it

Settings are environment variables (PORT, DATABASE_URL, MEDIA_ROOTS, …): see docs/operations.md.
Exit codes: 0 done, 2 bad input, 1 failure, 130 or 143 stopped by a signal. Results go to standard output, everything else to standard error.`,
    );

  marquee
    .command('serve')
    .description('start the server: GraphQL, subscriptions, uploads and the page')
    .option('--role <role>', 'all, api (no analyses here) or worker (analyses only)')
    .action(async (options: { role?: string }) => {
      if (options.role !== undefined) process.env.MARQUEE_ROLE = options.role;
      const { offerAtTerminal } = await import('./cli/full-pack-offer.js');
      await offerAtTerminal();
      const { serve } = await import('./main.js');
      await serve();
    });

  marquee
    .command('analyze')
    .description('analyse one trailer in this process and print its genre, mood and themes')
    .argument('<file|url>', 'a local file, an https URL or a YouTube link')
    .option('--subtitles <file>', 'SRT, WebVTT or ASS with the trailer’s words')
    .option('--title <name>', 'what to call the title in the catalog (default: the source’s own name)')
    .addOption(packOption('its encoders; auto: full where its models were pulled (MARQUEE_PACK)'))
    .option('--classifier <file>', 'tag with a classifier that marquee train wrote')
    .option('--force', 'run every stage again, also where the result is known')
    .option('--json', 'print JSON instead of a table')
    .action(async (source: string, options: AnalyzeFlags) => {
      const { analyzeCommand } = await import('./cli/analyze.js');
      await analyzeCommand(source, options);
    });

  marquee
    .command('import')
    .description('read titles from JSON Lines, with their text vectors and labels')
    .argument('<file>', 'JSON Lines, one title a line; .gz is read too')
    .option('--source <name>', 'what the ids belong to, for example imdb', 'import')
    .option('--map <columns>', 'columns by field, where their names are unusual: name=title,id=page+year')
    .option('--json', 'print JSON instead of sentences')
    .action(async (file: string, options: ImportFlags) => {
      const { importCommand } = await import('./cli/import.js');
      await importCommand(file, options);
    });

  marquee
    .command('export')
    .description('predictions or rows as JSON Lines or CSV')
    .argument('<what>', 'predictions or rows')
    .option('--format <format>', 'jsonl or csv', 'jsonl')
    .action(async (what: string, options: { format: string }) => {
      const { exportCommand } = await import('./cli/export.js');
      await exportCommand(what, options);
    });

  marquee
    .command('doctor')
    .description('check this machine: what is missing, and how to get it')
    .option('--json', 'print JSON instead of a table')
    .action(async (options: { json?: boolean }) => {
      const { doctorCommand } = await import('./cli/doctor.js');
      const healthy = await doctorCommand(options);
      if (!healthy) process.exitCode = EXIT.failure;
    });

  marquee
    .command('weak-label')
    .description(
      'guess labels for rows without any: functions vote, and a model learns which of them to trust',
    )
    .argument('<rows...>', 'JSON Lines, one title a line; .gz is read too (docs/weak-labels.md)')
    .option('--taxonomy <file>', 'labels with their words and descriptions (default: the shipped ones)')
    .option('--out <file>', 'where the rows are written with their soft labels, to train from; .gz is packed')
    .option('--json', 'print JSON instead of a table')
    .action(async (rows: string[], options: WeakLabelFlags) => {
      const { weakLabelCommand } = await import('./cli/weak-label.js');
      await weakLabelCommand(rows, options);
    });

  marquee
    .command('train-compact')
    .description('learn the compact pack from labelled text, bit for bit as it is shipped')
    .requiredOption('--data <folder>', 'folder with synopses.jsonl.gz and films.jsonl.gz')
    .option('--out <folder>', 'where the pack is written (default: models/compact)')
    .action(async (options: { data: string; out?: string }) => {
      const { trainCompactCommand } = await import('./cli/train-compact.js');
      await trainCompactCommand(options);
    });

  marquee
    .command('train')
    .description('learn a classifier from labelled rows (docs/learning.md)')
    .argument('<rows...>', 'JSON Lines of labelled titles; .gz is read too')
    .option('--taxonomy <file>', 'the labels to learn (default: those that the rows name)')
    .addOption(packOption('whose encoders read media (MARQUEE_PACK)'))
    .option('--text-only', 'learn from the words alone')
    .option('--group <group...>', 'learn these groups only')
    .option('--head <head>', 'what reads vectors: linear, hidden, or auto: by cross-validation')
    .option('--aim <aim>', 'what thresholds are set for: best-f1, or a floor such as precision=0.8')
    .option('--seed <number>', 'the same rows and seed give the same file')
    .option('--split <split>', 'training or validation: nine tenths or a tenth of the rows, by id')
    .option('--out <file>', 'the classifier’s file (default: classifier.onnx)')
    .option('--json', 'print JSON instead of sentences')
    .action(async (rows: string[], options: TrainFlags) => {
      const { trainCommand } = await import('./cli/train.js');
      await trainCommand(rows, options);
    });

  marquee
    .command('evaluate')
    .description('measure a classifier on labelled rows (docs/learning.md)')
    .argument('<rows...>', 'JSON Lines of labelled titles; .gz is read too')
    .option('--classifier <version|file>', 'one of the database, or a file (default: the one that ships)')
    .option('--group <group...>', 'measure these groups only')
    .addOption(packOption('whose encoders read media (MARQUEE_PACK)'))
    .option('--labels <labels>', 'measure these labels only, by name or id, separated by commas')
    .option('--learn-from <rows...>', 'what the ladder’s TF-IDF learns from (default: the rows, in folds)')
    .option('--split <split>', 'training or validation: nine tenths or a tenth of the rows, by id')
    .option('--plots <folder>', 'write reliability.svg and coverage-risk.svg there')
    .option('--card <file>', 'write the figures into this model card')
    .option('--seen', 'measure on rows that taught the classifier all the same')
    .option('--json', 'print JSON instead of tables')
    .action(async (rows: string[], options: EvaluateFlags) => {
      const { evaluateCommand } = await import('./cli/evaluate.js');
      await evaluateCommand(rows, options);
    });

  addModelsCommands(marquee);
  return marquee;
}

try {
  await program().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.badInput;
  } else if (error instanceof Interrupted) {
    process.stderr.write(`marquee: ${error.message}\n`);
    process.exitCode = error.exitCode;
  } else {
    const failure = asFailure(error);
    process.stderr.write(`marquee: ${failure.message}\n`);
    if (failure.code === 'INTERNAL')
      process.stderr.write(`${(failure.cause as Error | undefined)?.stack ?? ''}\n`);
    process.exitCode = BAD_INPUT_CODES.has(failure.code) ? EXIT.badInput : EXIT.failure;
  }
}
