import { convertedFolderOf, modelsFolderOf } from '../chosen-pack.js';
import { readConfig } from '../config.js';
import { removeConverted } from '../inference/convert.js';
import { KNOWN_MODELS, type KnownModel, modelsNamed } from '../inference/full-pack.js';
import { Hub } from '../inference/hub.js';
import { readLock } from '../inference/hub-lock.js';
import { modelFolder, pullModel, removeModel, verifyModel, type WantedModel } from '../inference/hub-pull.js';
import { Interrupted, interruptible } from '../stop-signal.js';
import type { PullFlags } from './models-commands.js';
import { showPull } from './pull-progress.js';

const MEBIBYTE = 1024 ** 2;
const RETRY_PAUSE_MS = 1_000;

/** `marquee models list`: known models and any others that were pulled. */
export async function listModels({ json }: { json?: boolean }): Promise<void> {
  const { models } = await readLock(modelsFolderOf(readConfig(process.env)));
  const others = Object.keys(models).filter(
    (name) => !KNOWN_MODELS.some(({ repository }) => repository === name),
  );
  const rows = [...KNOWN_MODELS, ...modelsNamed(others)].map((model) => {
    const pulled = models[model.repository];
    const bytes = Object.values(pulled?.files ?? {}).reduce((sum, file) => sum + file.bytes, 0);
    const {
      role = null,
      licence = pulled?.licence ?? null,
      isDefault = false,
    } = model as Partial<KnownModel>;
    return { repository: model.repository, role, licence, isDefault, commit: pulled?.commit ?? null, bytes };
  });
  if (json) {
    process.stdout.write(`${JSON.stringify({ models: rows }, null, 2)}\n`);
    return;
  }
  process.stdout.write(line('model', 'for', 'licence', 'pack', 'on this machine'));
  for (const { repository, role, licence, isDefault, commit, bytes } of rows) {
    const here = commit ? `here, ${Math.round(bytes / MEBIBYTE)} MiB, ${commit.slice(0, 12)}` : 'not pulled';
    process.stdout.write(line(repository, role ?? '', licence ?? '', isDefault ? 'full' : '', here));
  }
}

function line(repository: string, role: string, licence: string, pack: string, here: string): string {
  return `${repository.padEnd(44)}${role.padEnd(12)}${licence.padEnd(14)}${pack.padEnd(6)}${here}\n`;
}

/**
 * `marquee models pull`: licences first, then how far it is.
 * @throws Failure of the first model that fails; Interrupted
 */
export async function pullModels(names: readonly string[], { update = false }: PullFlags): Promise<void> {
  await interruptible((signal) => pull(names, update, signal)).catch((error: unknown) => {
    if (!(error instanceof Interrupted)) throw error;
    throw new Interrupted(error.exitCode, 'The pull was stopped: pull again, and it goes on from there.');
  });
}

async function pull(names: readonly string[], update: boolean, signal: AbortSignal): Promise<void> {
  const config = readConfig(process.env);
  const wanted = modelsNamed(names.length > 0 ? names : ['full']);
  for (const model of wanted) process.stderr.write(licenceLine(model));
  const shown = showPull(process.stderr);
  const summaries: string[] = [];
  try {
    for (const model of wanted) {
      const { commit, files, licence } = await pullModel(new Hub(config.hub), model, {
        modelsFolder: modelsFolderOf(config),
        update,
        signal,
        retryPauseMs: RETRY_PAUSE_MS,
        progress: (file, done, total) => shown.file(`${model.repository}/${file}`, done, total),
      });
      const count = Object.keys(files).length;
      summaries.push(
        `${model.repository} at ${commit.slice(0, 12)}: ${count} ${count === 1 ? 'file' : 'files'}, checked; ` +
          `its card says licence ${licence ?? 'nothing'}.\n`,
      );
    }
  } finally {
    shown.stop();
    for (const summary of summaries) process.stderr.write(summary);
  }
}

/** `marquee models verify`. @returns whether every pulled file is as the lock says */
export async function verifyModels(): Promise<boolean> {
  const modelsFolder = modelsFolderOf(readConfig(process.env));
  const pulled = Object.entries((await readLock(modelsFolder)).models);
  if (pulled.length === 0)
    process.stderr.write('No model was pulled: marquee models pull full brings the full pack.\n');
  let whole = true;
  for (const [repository, locked] of pulled) {
    const wrong = await verifyModel(modelsFolder, repository, locked);
    whole &&= wrong.length === 0;
    const verdict = wrong.length === 0 ? '✔' : `✘ pull it again: ${wrong.join(', ')} differ`;
    process.stdout.write(`${repository.padEnd(44)}${verdict}\n`);
  }
  return whole;
}

/** `marquee models remove`: the files, and what they were converted to. */
export async function removeModels(names: readonly string[]): Promise<void> {
  const config = readConfig(process.env);
  const modelsFolder = modelsFolderOf(config);
  for (const { repository } of modelsNamed(names)) {
    await removeConverted(modelFolder(modelsFolder, repository), convertedFolderOf(config));
    const wasHere = await removeModel(modelsFolder, repository);
    process.stderr.write(`${repository} ${wasHere ? 'is gone' : 'was not here'}.\n`);
  }
}

function licenceLine(model: WantedModel): string {
  const { licence = 'see its model card', caution = null, isChecked = true } = model as Partial<KnownModel>;
  const doubt = isChecked ? '' : ', not compared with its model card: read what the card says below';
  return `${model.repository}: licence ${licence}${doubt}.${caution ? ` ${caution}` : ''}\n`;
}
