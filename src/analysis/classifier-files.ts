import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { v7 } from 'uuid';
import { fits } from '../catalog/classifiers.js';
import { Failure } from '../failure.js';
import type { Classifier, PrismaClient } from '../generated/prisma/client.js';
import type { PackIdentity } from './pack-identity.js';

/** A version of the classifier; plain, so that it can cross threads. */
export interface ClassifierVersion {
  id: string;
  /** As in `Tagging.classifier`. */
  fingerprint: string;
  /** Null: it ships with the pack. */
  file: string | null;
}

/** The classifiers' versions as files: the database has them, threads read them from the data folder. */
export class ClassifierFiles {
  readonly #hand: { pack: string; fingerprint: string; encoders: readonly string[] };

  constructor(
    private readonly prisma: PrismaClient,
    private readonly folder: string,
    pack: PackIdentity,
  ) {
    this.#hand = { pack: pack.id, fingerprint: pack.classifier, encoders: pack.encoders };
  }

  /** The version that new work begins with. */
  async active(): Promise<ClassifierVersion> {
    return this.#version(
      await this.prisma.classifier.findFirstOrThrow({ where: { pack: this.#hand.pack, active: true } }),
    );
  }

  /** @returns null when this process cannot run it @throws Failure NOT_FOUND */
  async find(id: string): Promise<ClassifierVersion | null> {
    const classifier = await this.prisma.classifier.findUnique({ where: { id } });
    if (!classifier) throw new Failure('NOT_FOUND', `There is no classifier ${id}.`, { path: ['id'] });
    return fits(classifier, this.#hand) ? this.#version(classifier) : null;
  }

  async #version({ id, fingerprint, name }: Classifier): Promise<ClassifierVersion> {
    return { id, fingerprint, file: name === null ? null : await this.#fileOf(id) };
  }

  /** Written whole or not at all: several processes may share the folder. */
  async #fileOf(id: string): Promise<string> {
    const file = path.join(this.folder, `${id}.onnx`);
    if (await stat(file).catch(() => null)) return file;
    const { bytes } = await this.prisma.classifierFile.findUniqueOrThrow({ where: { classifierId: id } });
    await mkdir(this.folder, { recursive: true });
    const unfinished = `${file}.${v7()}`;
    await writeFile(unfinished, bytes);
    await rename(unfinished, file);
    return file;
  }
}
