import { MultiBar, type SingleBar } from 'cli-progress';
import { modelsFolderOf } from '../chosen-pack.js';
import { readConfig } from '../config.js';
import { KNOWN_MODELS, type KnownModel, modelsNamed } from '../inference/full-pack.js';
import { Hub } from '../inference/hub.js';
import { readLock } from '../inference/hub-lock.js';
import { modelFolder, pullModel, removeModel, verifyModel, type WantedModel } from '../inference/hub-pull.js';
import type { PullFlags } from './models-commands.js';

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
  for (const { repository, role, licence, isDefault, commit, bytes } of rows) {
    const here = commit ? `here, ${Math.round(bytes / MEBIBYTE)} MiB, ${commit.slice(0, 12)}` : 'not pulled';
    const words = [
      repository.padEnd(44),
      (role ?? '').padEnd(12),
      (licence ?? '').padEnd(14),
      isDefault ? 'full  ' : '      ',
    ];
    process.stdout.write(`${words.join('')}${here}\n`);
  }
}

/** `marquee models pull`: licences first, then one bar a file. @throws Failure of the first model that fails */
export async function pullModels(names: readonly string[], { update = false }: PullFlags): Promise<void> {
  const config = readConfig(process.env);
  const wanted = modelsNamed(names.length > 0 ? names : ['full']);
  for (const model of wanted) process.stderr.write(licenceLine(model));
  const client = new Hub(config.hub);
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  const bars = new MultiBar({ format: '{name} [{bar}] {value} / {total} MiB', clearOnComplete: false });
  const byName = new Map<string, SingleBar>();
  try {
    for (const model of wanted) {
      const { commit, files, licence } = await pullModel(client, model, {
        modelsFolder: modelsFolderOf(config),
        update,
        signal: interrupt.signal,
        retryPauseMs: RETRY_PAUSE_MS,
        progress: (file, done, total) => {
          const name = `${model.repository}/${file}`;
          const bar = byName.get(name) ?? bars.create(toMebibytes(total), 0, { name });
          byName.set(name, bar);
          bar.update(toMebibytes(done));
        },
      });
      bars.log(
        `${model.repository} at ${commit.slice(0, 12)}: ${Object.keys(files).length} files, checked; ` +
          `its card says licence ${licence ?? 'nothing'}.\n`,
      );
    }
  } finally {
    bars.stop();
  }
}

/** `marquee models verify`. @returns whether every pulled file is as the lock says */
export async function verifyModels(): Promise<boolean> {
  const modelsFolder = modelsFolderOf(readConfig(process.env));
  const { models } = await readLock(modelsFolder);
  let whole = true;
  for (const [repository, locked] of Object.entries(models)) {
    const wrong = await verifyModel(modelsFolder, repository, locked);
    whole &&= wrong.length === 0;
    const verdict = wrong.length === 0 ? '✔' : `✘ pull it again: ${wrong.join(', ')} differ`;
    process.stdout.write(`${repository.padEnd(44)}${verdict}\n`);
  }
  return whole;
}

/** `marquee models remove`. */
export async function removeModels(names: readonly string[]): Promise<void> {
  const modelsFolder = modelsFolderOf(readConfig(process.env));
  for (const { repository } of modelsNamed(names)) {
    await removeModel(modelsFolder, repository);
    process.stderr.write(`${modelFolder(modelsFolder, repository)} is gone.\n`);
  }
}

function licenceLine(model: WantedModel): string {
  const { licence = 'see its model card', caution = null, isChecked = true } = model as Partial<KnownModel>;
  const doubt = isChecked ? '' : ', not compared with its model card: read what the card says below';
  return `${model.repository}: licence ${licence}${doubt}.${caution ? ` ${caution}` : ''}\n`;
}

function toMebibytes(bytes: number): number {
  return Math.round((bytes / MEBIBYTE) * 10) / 10;
}
