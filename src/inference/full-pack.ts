import { Failure } from '../failure.js';
import type { WantedModel } from './hub-pull.js';

export type ModelRole = 'SPEECH' | 'TEXT' | 'PICTURE' | 'SPEECH_GATE';

/** A model that the full pack can use. */
export interface KnownModel extends WantedModel {
  /** What it is called on the command line. */
  id: string;
  role: ModelRole;
  /** Shown before it is pulled; what its model card states is shown after it. */
  licence: string;
  /** Whether the licence was compared with the model's page (November 2026). */
  isChecked: boolean;
  /** What the licence means for whoever pulls it, where that is not plain. */
  caution: string | null;
  /** Whether it is part of `marquee models pull full`. */
  isDefault: boolean;
}

const model = (
  role: ModelRole,
  repository: string,
  licence: string,
  more: Partial<Pick<KnownModel, 'caution' | 'isDefault' | 'isChecked' | 'files' | 'id'>> = {},
): KnownModel => ({
  id: repository.slice(repository.indexOf('/') + 1),
  role,
  repository,
  revision: 'main',
  files: null,
  licence,
  isChecked: true,
  caution: null,
  isDefault: false,
  ...more,
});

const NOT_COMMERCIAL =
  'Creative Commons, not for commercial use. For commercial use leave it out: the cinematic features, which are ' +
  'Apache-2.0 like all of Marquee, read the picture without it.';

export const KNOWN_MODELS: readonly KnownModel[] = [
  model('SPEECH', 'openai/whisper-tiny', 'apache-2.0'),
  model('SPEECH', 'openai/whisper-base', 'apache-2.0', { isDefault: true }),
  model('SPEECH', 'openai/whisper-small', 'apache-2.0', { isChecked: false }),
  model('SPEECH', 'openai/whisper-medium', 'apache-2.0', { isChecked: false }),
  model('SPEECH', 'openai/whisper-large-v3', 'apache-2.0'),
  model('SPEECH', 'openai/whisper-large-v3-turbo', 'mit'),
  model('SPEECH_GATE', 'onnx-community/silero-vad', 'mit', { isDefault: true, files: ['onnx/model.onnx'] }),
  model('TEXT', 'sentence-transformers/all-mpnet-base-v2', 'apache-2.0', { isDefault: true }),
  model('TEXT', 'sentence-transformers/all-MiniLM-L6-v2', 'apache-2.0', { isChecked: false }),
  model('PICTURE', 'MCG-NJU/videomae-base', 'cc-by-nc-4.0', { isDefault: true, caution: NOT_COMMERCIAL }),
  model('PICTURE', 'MCG-NJU/videomae-small-finetuned-kinetics', 'cc-by-nc-4.0', {
    ...{ caution: NOT_COMMERCIAL, isChecked: false },
  }),
  model('PICTURE', 'MCG-NJU/videomae-base-finetuned-kinetics', 'cc-by-nc-4.0', { caution: NOT_COMMERCIAL }),
];

/**
 * The models that names mean: `full`, a known model's id, or any repository `owner/name` of a supported
 * architecture, such as a fine-tune of one's own.
 * @throws Failure BAD_INPUT for a name that is none of these
 */
export function modelsNamed(names: readonly string[]): WantedModel[] {
  return names.flatMap((name): WantedModel[] => {
    if (name === 'full') return KNOWN_MODELS.filter(({ isDefault }) => isDefault);
    const known = KNOWN_MODELS.find(({ id, repository }) => id === name || repository === name);
    if (known) return [known];
    if (name.includes('/')) return [{ repository: name, revision: 'main', files: null }];
    const ids = KNOWN_MODELS.map(({ id }) => id).join(', ');
    throw new Failure('BAD_INPUT', `There is no model ${name}: name full, owner/name, or one of ${ids}.`);
  });
}
