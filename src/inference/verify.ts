import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { asFailure } from '../failure.js';
import { verifyPack } from './packs.js';

/** `node dist/inference/verify.js [folder]`: exit code 1 when the shipped pack does not match its manifest. */
const shipped = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../models/compact');
try {
  const folder = process.argv[2] ?? shipped;
  const manifest = await verifyPack(folder);
  process.stderr.write(
    `Pack ${manifest.id}: ${Object.keys(manifest.files).length} files match their manifest.\n`,
  );
} catch (error) {
  process.stderr.write(`${asFailure(error).message}\n`);
  process.exitCode = 1;
}
