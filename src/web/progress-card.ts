import { refuseErrors, request, sentence } from './api.js';
import { announce, element } from './elements.js';
import { analysisEvents, watchConnection } from './live.js';
import { type Analysis, type AnalysisEvent, CANCEL_ANALYSIS, RETRY_ANALYSIS } from './queries.js';
import { percent, STAGES } from './words.js';

/**
 * An analysis as it happens: stages, share done, and the way to stop it.
 *
 * @param left aborted when the page shows something else
 * @param onEnd called once behind the terminal event
 */
export function progressCard(analysis: Analysis, left: AbortSignal, onEnd: () => void): HTMLElement {
  const bar = element('progress', { max: 1, value: 0, ariaLabel: 'Analysis' });
  const share = element('span', { className: 'share' }, percent(0));
  const words = element('p', { className: 'now' }, 'Waiting for a worker.');
  const offline = element(
    'p',
    { className: 'notice', hidden: true },
    'The connection is lost. Trying again; nothing will be missed.',
  );
  const steps = STAGES.map((stage) => element('li', { className: 'waiting' }, stage.name));
  const cancel = element('button', { type: 'button' }, 'Stop');
  cancel.addEventListener('click', async () => {
    cancel.disabled = true;
    try {
      refuseErrors((await request<CancelAnswer>(CANCEL_ANALYSIS, { id: analysis.id })).cancelAnalysis.errors);
    } catch (error) {
      words.textContent = sentence(error);
    }
  });

  const show = (event: AnalysisEvent) => {
    bar.value = event.progress;
    share.textContent = percent(event.progress);
    const current = STAGES.findIndex((stage) => stage.stage === event.stage);
    const stage = STAGES[current];
    if (event.message ?? stage?.name) words.textContent = event.message ?? `${stage?.name ?? ''} …`;
    steps.forEach((step, index) => {
      step.className =
        index < current || event.state === 'SUCCEEDED' ? 'done' : index === current ? 'running' : 'waiting';
      step.ariaCurrent = index === current && event.state === 'RUNNING' ? 'step' : null;
    });
  };
  void follow(analysis.id, left, show, (connected) => {
    offline.hidden = connected;
  })
    .then(() => left.aborted || onEnd())
    .catch((error: unknown) => {
      words.textContent = sentence(error);
    });

  return element(
    'section',
    { className: 'card progress', ariaLabel: 'Progress' },
    element('div', { className: 'progress-head' }, element('h2', {}, 'Analysing'), cancel),
    element('div', { className: 'bar' }, bar, share),
    words,
    offline,
    element('ol', { className: 'stages' }, ...steps),
  );
}

async function follow(
  id: string,
  left: AbortSignal,
  show: (event: AnalysisEvent) => void,
  onConnection: (connected: boolean) => void,
): Promise<void> {
  const stop = watchConnection(onConnection);
  let spoken: string | null = null;
  try {
    for await (const event of analysisEvents(id, left)) {
      show(event);
      if (event.stage !== spoken) announce(STAGES.find((stage) => stage.stage === event.stage)?.name ?? '');
      spoken = event.stage;
      if (event.state === 'SUCCEEDED') announce('The analysis is done.');
    }
  } finally {
    stop();
  }
}

/** An analysis that ended without a result: why, and the way to try again where that can help. */
export function failureCard(analysis: Analysis, onRetry: () => void): HTMLElement {
  const cancelled = analysis.state === 'CANCELLED';
  const said = analysis.error?.message ?? 'The analysis was stopped.';
  const outcome = element('p', { className: 'small', role: 'status' });
  const retry = element('button', { type: 'button' }, cancelled ? 'Start it again' : 'Try again');
  retry.addEventListener('click', async () => {
    retry.disabled = true;
    try {
      refuseErrors((await request<RetryAnswer>(RETRY_ANALYSIS, { id: analysis.id })).retryAnalysis.errors);
      onRetry();
    } catch (error) {
      outcome.textContent = sentence(error);
      retry.disabled = false;
    }
  });
  return element(
    'section',
    { className: `notice ${cancelled ? '' : 'bad'}`, role: 'alert' },
    element(
      'p',
      {},
      said,
      analysis.error ? element('code', { className: 'code' }, analysis.error.code) : null,
    ),
    (cancelled || analysis.error?.retryable === true) && element('div', { className: 'actions' }, retry),
    outcome,
  );
}

interface CancelAnswer {
  cancelAnalysis: { errors: { code: string; message: string }[] };
}

interface RetryAnswer {
  retryAnalysis: { errors: { code: string; message: string }[] };
}
