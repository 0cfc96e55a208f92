// Authors migrations and checks that they match prisma/schema.prisma.
//
//   node scripts/migrate.mjs new <name>   writes prisma/migrations/<time>_<name>/migration.sql
//   node scripts/migrate.mjs check        exits 1 when the schema and the migrations differ
//
// A name that carries its time already (20261122000000_init) writes that migration anew, for one that is not released.
// Prisma's native schema engine is a download from outside the package registries, so this runs its WebAssembly
// build over PGlite, an in-process Postgres.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import { PrismaPGlite } from 'pglite-prisma-adapter';

const require = createRequire(import.meta.url);
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const schemaFile = path.join(root, 'prisma', 'schema.prisma');
const migrationsFolder = path.join(root, 'prisma', 'migrations');
const TIMED_NAME = /^\d{14}_[a-z0-9_]+$/;
const NO_FILTER = { externalTables: [], externalEnums: [] };

async function openEngine(schema) {
  // Node 20 cannot import a .wasm file, so the module is instantiated by hand.
  const bindings = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  const wasmFile = require
    .resolve('@prisma/schema-engine-wasm')
    .replace(/schema_engine\.js$/, 'schema_engine_bg.wasm');
  const { instance } = await WebAssembly.instantiate(readFileSync(wasmFile), {
    './schema_engine_bg.js': bindings,
  });
  bindings.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  const postgres = await PGlite.create();
  const log = () => undefined;
  const adapter = bindMigrationAwareSqlAdapterFactory(new PrismaPGlite(postgres));
  const engine = await bindings.SchemaEngine.new({ datamodels: schema }, log, adapter);
  return { engine, close: () => postgres.close() };
}

function readMigrations({ before }) {
  const names = existsSync(migrationsFolder)
    ? readdirSync(migrationsFolder).filter((name) => TIMED_NAME.test(name) && (!before || name < before))
    : [];
  return {
    baseDir: migrationsFolder,
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    shadowDbInitScript: '',
    migrationDirectories: names.sort().map((name) => ({
      path: name,
      migrationFile: {
        path: 'migration.sql',
        content: {
          tag: 'ok',
          value: readFileSync(path.join(migrationsFolder, name, 'migration.sql'), 'utf8'),
        },
      },
    })),
  };
}

/** The SQL that leads from the migrations (those before `before`, else all) to the schema; empty when in step. */
async function difference({ before } = {}) {
  const schema = readFileSync(schemaFile, 'utf8');
  const { engine, close } = await openEngine([[schemaFile, schema]]);
  try {
    const { stdout } = await engine.diff({
      from: { tag: 'migrations', ...readMigrations({ before }) },
      to: { tag: 'schemaDatamodel', files: [{ path: schemaFile, content: schema }] },
      script: true,
      exitCode: null,
      filters: NO_FILTER,
    });
    const sql = stdout ?? '';
    return /^\s*(--[^\n]*\s*)*$/.test(sql) ? '' : sql;
  } finally {
    await close();
  }
}

async function author(name) {
  if (!/^[a-z0-9_]+$/.test(name ?? '')) {
    console.error('Say what the migration does, in small letters: npm run migrate:new -- add_ratings');
    return 2;
  }
  const time = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const folder = TIMED_NAME.test(name) ? name : `${time}_${name}`;
  const sql = await difference({ before: folder });
  if (sql === '') {
    console.error('The migrations already lead to prisma/schema.prisma: nothing to write.');
    return 0;
  }
  mkdirSync(path.join(migrationsFolder, folder), { recursive: true });
  writeFileSync(path.join(migrationsFolder, folder, 'migration.sql'), `${sql.trim()}\n`);
  console.error(`Wrote prisma/migrations/${folder}/migration.sql`);
  return 0;
}

async function check() {
  const sql = await difference();
  if (sql === '') return 0;
  console.error('prisma/schema.prisma is ahead of the migrations. Write one: npm run migrate:new -- <name>');
  console.error(sql.trim());
  return 1;
}

const [command, name] = process.argv.slice(2);
const commands = { new: () => author(name), check };
if (!Object.hasOwn(commands, command ?? '')) {
  console.error('Usage: node scripts/migrate.mjs new <name> | check');
  process.exit(2);
}
process.exit(await commands[command]());
