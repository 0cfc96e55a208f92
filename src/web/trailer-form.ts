import { refuseErrors, request } from './api.js';
import { announce, element, replaceChildren } from './elements.js';
import { failureNotice } from './notice.js';
import { ANALYZE_TRAILER, CREATE_TITLE, type TrailerSourceInput } from './queries.js';
import { readSubtitles, upload } from './upload.js';
import { percent, size, titleFromFileName } from './words.js';

type SourceKind = 'upload' | 'url' | 'path';

const SOURCES: readonly { kind: SourceKind; name: string }[] = [
  { kind: 'upload', name: 'Upload' },
  { kind: 'url', name: 'Link' },
  { kind: 'path', name: 'On the server' },
];

/** Where the sample lies: a path below the server's media folders. */
const SAMPLE = { name: 'Ember Road', path: 'sample-trailer.mp4' };

/**
 * The form that sends a trailer to be analysed.
 *
 * @param titleId the title that the trailer belongs to; null: the form makes a new one
 * @param onStarted called with the title once its analysis is queued
 */
export function trailerForm(titleId: string | null, onStarted: (titleId: string) => void): HTMLElement {
  const name = element('input', { id: 'title-name', autocomplete: 'off', maxLength: 500 });
  const year = element('input', { id: 'title-year', type: 'number', min: '1870', max: '2200', step: '1' });
  const file = element('input', { id: 'trailer-file', type: 'file', accept: 'video/*,audio/*,.mkv,.webm' });
  const url = element('input', { id: 'trailer-url', type: 'url', placeholder: 'https://…' });
  const path = element('input', { id: 'trailer-path', placeholder: SAMPLE.path, spellcheck: false });
  const subtitles = element('input', { id: 'subtitles', type: 'file', accept: '.srt,.vtt,.ass,.ssa' });
  const submit = element('button', { type: 'submit', className: 'primary' }, 'Analyse the trailer');
  const sample = element('button', { type: 'button' }, 'Try the sample');
  const outcome = element('div', { className: 'outcome' });
  const fileName = element('span', { className: 'file-name' }, 'or drop it here');
  const places: Record<SourceKind, HTMLElement> = {
    upload: element(
      'label',
      { className: 'drop', htmlFor: file.id },
      element('strong', {}, 'Choose a video'),
      fileName,
      file,
    ),
    url: field('The trailer’s address: https or YouTube', url),
    path: field('A path inside the server’s media folders', path),
  };
  const inputs: Record<SourceKind, HTMLInputElement> = { upload: file, url, path };
  let chosen: SourceKind = 'upload';

  const choose = (kind: SourceKind) => {
    chosen = kind;
    for (const source of SOURCES) {
      places[source.kind].hidden = source.kind !== kind;
      inputs[source.kind].required = source.kind === kind;
    }
  };
  const takeFile = () => {
    const [picked] = file.files ?? [];
    if (!picked) return;
    fileName.textContent = `${picked.name}, ${size(picked.size)}`;
    if (name.value === '') name.value = titleFromFileName(picked.name);
  };
  const keys: TitleKeys = new Map();
  const start = async (send: () => Promise<string>) => {
    submit.disabled = true;
    sample.disabled = true;
    replaceChildren(outcome);
    try {
      onStarted(await send());
    } catch (error) {
      replaceChildren(outcome, failureNotice(error));
    } finally {
      submit.disabled = false;
      sample.disabled = false;
    }
  };
  const source = async (): Promise<TrailerSourceInput> => {
    if (chosen === 'url') return { url: url.value.trim() };
    if (chosen === 'path') return { path: path.value.trim() };
    const [picked] = file.files ?? [];
    return { uploadId: await uploadWithProgress(picked as File, outcome) };
  };

  const form = element(
    'form',
    { className: 'card trailer-form', ariaLabel: 'Analyse a trailer' },
    element('h2', {}, 'Analyse a trailer'),
    titleId === null &&
      element('div', { className: 'pair' }, field('Title', name), field('Year (optional)', year)),
    element(
      'fieldset',
      { className: 'sources' },
      element('legend', {}, 'Where is it?'),
      ...SOURCES.map((one) => choice(one, choose)),
    ),
    ...Object.values(places),
    field('Subtitles (optional): SRT, WebVTT or ASS', subtitles),
    element('div', { className: 'actions' }, submit, titleId === null && sample),
    outcome,
  );
  name.required = titleId === null;
  choose(chosen);
  file.addEventListener('change', takeFile);
  acceptDrops(places.upload, file, takeFile);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void start(async () => {
      const from = await source();
      const [words] = subtitles.files ?? [];
      const id = titleId ?? (await createTitle(name.value, year.value, keys));
      await analyze(id, from, words ? await readSubtitles(words) : undefined);
      return id;
    });
  });
  sample.addEventListener('click', () => {
    void start(async () => {
      const id = await createTitle(SAMPLE.name, '', keys);
      await analyze(id, { path: SAMPLE.path });
      return id;
    });
  });
  return form;
}

function field(label: string, input: HTMLInputElement): HTMLElement {
  return element('div', { className: 'field' }, element('label', { htmlFor: input.id }, label), input);
}

function choice(source: { kind: SourceKind; name: string }, choose: (kind: SourceKind) => void): HTMLElement {
  const radio = element('input', {
    type: 'radio',
    name: 'source',
    value: source.kind,
    checked: source.kind === 'upload',
  });
  radio.addEventListener('change', () => choose(source.kind));
  return element('label', { className: 'choice' }, radio, source.name);
}

function acceptDrops(place: HTMLElement, file: HTMLInputElement, onFile: () => void): void {
  const hover = (over: boolean) => (event: DragEvent) => {
    event.preventDefault();
    place.classList.toggle('over', over);
  };
  place.addEventListener('dragover', hover(true));
  place.addEventListener('dragleave', hover(false));
  place.addEventListener('drop', (event) => {
    hover(false)(event);
    if (!event.dataTransfer?.files.length) return;
    file.files = event.dataTransfer.files;
    onFile();
  });
}

async function uploadWithProgress(file: File, place: HTMLElement): Promise<string> {
  const bar = element('progress', { max: 1, value: 0, ariaLabel: 'Sent' });
  const share = element('span', {}, percent(0));
  replaceChildren(place, element('p', { className: 'sending' }, `Sending ${file.name} `, bar, share));
  announce(`Sending ${file.name}.`);
  const id = await upload(file, (sent) => {
    bar.value = sent;
    share.textContent = percent(sent);
  });
  announce('The file has arrived.');
  return id;
}

/** The keys of the titles that a form asked for, by name and year. */
type TitleKeys = Map<string, string>;

/** Pressed again, after an answer that was lost or a source that was wrong, it gives back the same title. */
async function createTitle(name: string, year: string, keys: TitleKeys): Promise<string> {
  const wanted = JSON.stringify([name.trim(), year]);
  const idempotencyKey = keys.get(wanted) ?? randomKey();
  keys.set(wanted, idempotencyKey);
  const input = {
    name: name.trim(),
    ...(year === '' ? {} : { releaseYear: Number(year) }),
    idempotencyKey,
  };
  const { createTitle } = await request<{
    createTitle: { title: { id: string } | null; errors: { code: string; message: string }[] };
  }>(CREATE_TITLE, { input });
  refuseErrors(createTitle.errors);
  return createTitle.title?.id ?? '';
}

/** Browsers have `crypto.randomUUID` on https and localhost alone. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function analyze(titleId: string, source: TrailerSourceInput, subtitles?: string): Promise<void> {
  const { analyzeTrailer } = await request<{
    analyzeTrailer: { errors: { code: string; message: string }[] };
  }>(ANALYZE_TRAILER, { input: { titleId, source, ...(subtitles === undefined ? {} : { subtitles }) } });
  refuseErrors(analyzeTrailer.errors);
}
