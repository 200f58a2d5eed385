import type { OperationRow } from '@torchweave/dashboard-contract';
import { useEffect, useState } from 'react';
import { ask } from '../api/ask.js';
import { OperationDetails } from '../operations/operation-details.js';
import { useLive } from '../live/live-context.js';
import { isUnderWay } from '../operations/operation-words.js';

/** ms between looks at an operation that the stream does not tell of. */
const lookMs = 1_000;

/** Follows one operation to its end: by the stream, and by asking. */
export function OperationFollowed({ id }: { id: string }) {
  const { operations } = useLive();
  const { asked, fault } = useAsked(id);
  const streamed = operations.find((row) => row.id === id);
  const row = streamed !== undefined && !(asked !== undefined && !isUnderWay(asked)) ? streamed : asked;
  if (row === undefined) return <p role="status">{fault ?? 'The operation has been accepted…'}</p>;
  return <OperationDetails row={row} />;
}

function useAsked(id: string): { asked?: OperationRow; fault?: string } {
  const [known, setKnown] = useState<{ asked?: OperationRow; fault?: string }>({});
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const look = async (): Promise<void> => {
      const outcome = await ask<OperationRow>(`/operations/${encodeURIComponent(id)}`);
      if (isOver) return;
      if ('value' in outcome) setKnown({ asked: outcome.value });
      else setKnown((before) => ({ ...before, fault: outcome.fault.message }));
      if ('fault' in outcome || isUnderWay(outcome.value)) timer = setTimeout(() => void look(), lookMs);
    };
    void look();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [id]);
  return known;
}
