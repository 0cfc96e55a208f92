import type { Command } from 'commander';

export interface PullFlags {
  update?: boolean;
}

/** Adds `marquee models list | pull | verify | remove`. */
export function addModelsCommands(marquee: Command): void {
  const models = marquee
    .command('models')
    .description('the full pack’s models: what is here, pull, verify, remove');
  models
    .command('list')
    .description('which models there are, their licences, and which are on this machine')
    .option('--json', 'print JSON instead of a table')
    .action(async (options: { json?: boolean }) => {
      const { listModels } = await import('./models.js');
      await listModels(options);
    });
  models
    .command('pull')
    .description('bring models to this machine, with their checksums pinned in models.lock.json')
    .argument('[names...]', 'full (the default), a model’s id, or owner/name on the hub')
    .option('--update', 'take the newest revision instead of the pinned one')
    .action(async (names: string[], options: PullFlags) => {
      const { pullModels } = await import('./models.js');
      await pullModels(names, options);
    });
  models
    .command('verify')
    .description('compare every pulled file with the lock file')
    .action(async () => {
      const { verifyModels } = await import('./models.js');
      if (!(await verifyModels())) process.exitCode = 1;
    });
  models
    .command('remove')
    .description('delete models from this machine')
    .argument('<names...>', 'full, a model’s id, or owner/name on the hub')
    .action(async (names: string[]) => {
      const { removeModels } = await import('./models.js');
      await removeModels(names);
    });
}
