import { access, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';
import { modelsFolderOf } from '../chosen-pack.js';
import { type Config, readConfig } from '../config.js';
import { asFailure } from '../failure.js';
import { KNOWN_MODELS } from '../inference/full-pack.js';
import { Hub } from '../inference/hub.js';
import { findFullModels } from '../inference/pulled-models.js';
import { pullModels } from './models.js';

/** Nobody may be sitting there: then Marquee starts with what it has. */
const ANSWER_MILLISECONDS = 60_000;
const HUB_MILLISECONDS = 3_000;
/** Below the models' folder; whoever said no is not asked again. */
const DECLINED = 'full-pack-declined';

/** Where somebody can be asked. */
export interface Terminal {
  input: Readable;
  output: Writable;
}

/** `marquee serve` asks at its own terminal, if it has one. */
export async function offerAtTerminal(): Promise<void> {
  const { stdin: input, stderr: output } = process;
  const terminal = input.isTTY && output.isTTY ? { input, output } : null;
  await offerFullPack(readConfig(process.env), terminal, () => pullModels([], {}));
}

/**
 * Offers to pull the full pack before the server starts, to somebody at a terminal, once: where the pack is not there,
 * was not refused before, and the hub can be reached. Whatever comes of it, the server can start afterwards.
 *
 * @param terminal null where nobody can be asked: the server's first lines then name the command
 * @param pull brings the full pack's own models
 */
export async function offerFullPack(
  config: Config,
  terminal: Terminal | null,
  pull: () => Promise<void>,
): Promise<void> {
  if (!terminal || config.pack !== 'auto' || config.role === 'api') return;
  const folder = modelsFolderOf(config);
  const { models } = await findFullModels(folder, config.models.preferred, 'int8');
  if (models || (await exists(path.join(folder, DECLINED)))) return;
  const say = (line: string) => terminal.output.write(`${line}\n`);
  if (!(await isHubReachable(config))) {
    say('The full pack is not here and its hub cannot be reached: Marquee uses the compact pack.');
    return;
  }
  say('The full pack listens, and looks closer. It consists of');
  for (const { repository, licence, caution, isDefault } of KNOWN_MODELS)
    if (isDefault) say(`  ${repository}, licence ${licence}${caution ? `. ${caution}` : ''}`);
  const answer = await ask(terminal, 'Pull it now? [y/N] ');
  if (answer === null) return;
  if (!/^y(es)?$/i.test(answer)) {
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, DECLINED), '');
    say('Not asked again; marquee models pull full brings it at any time.');
    return;
  }
  await pull().catch((error: unknown) =>
    say(`${asFailure(error).message} Marquee uses the compact pack until marquee models pull full succeeds.`),
  );
}

/** @returns null when nobody answered */
async function ask({ input, output }: Terminal, question: string): Promise<string | null> {
  const lines = createInterface({ input, output });
  // Without it the terminal's interrupt would end the question only.
  lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const tooLong = AbortSignal.timeout(ANSWER_MILLISECONDS);
  const closed = new Promise<null>((resolve) => lines.once('close', () => resolve(null)));
  const answered = lines.question(question, { signal: tooLong }).catch(() => null);
  const answer = await Promise.race([answered, closed]);
  lines.close();
  return answer?.trim() ?? null;
}

async function isHubReachable({ hub }: Config): Promise<boolean> {
  const [model] = KNOWN_MODELS.filter(({ isDefault }) => isDefault);
  const { repository, revision } = model!;
  return new Hub(hub).revision(repository, revision, AbortSignal.timeout(HUB_MILLISECONDS)).then(
    () => true,
    // A mirror that answers, even with a refusal, is there: the pull will say what is wrong.
    (error: unknown) => ['NOT_FOUND', 'FORBIDDEN'].includes(asFailure(error).code),
  );
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
