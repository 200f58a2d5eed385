import type { KeptRequest } from '@torchweave/dashboard-contract';

const looks: Readonly<Record<KeptRequest['outcome'], { shape: string; tone: string; word: string }>> = {
  ok: { shape: '●', tone: 'serving', word: 'ok' },
  client_error: { shape: '▲', tone: 'degraded', word: 'client error' },
  failed: { shape: '■', tone: 'not-serving', word: 'failed' },
  cancelled: { shape: '◐', tone: 'changing', word: 'cancelled' },
};

/** How a request ended, in shape and word. */
export function OutcomeWord({ outcome, status }: Pick<KeptRequest, 'outcome' | 'status'>) {
  const { shape, tone, word } = looks[outcome];
  return (
    <span className={`state tone-${tone}`}>
      <span className="shape" aria-hidden="true">
        {shape}
      </span>
      {word} <span className="quiet">{status}</span>
    </span>
  );
}
