import type { KeptRequest, TriedAnswer, WorkflowView } from '@torchweave/dashboard-contract';
import { useEffect, useState, type FormEvent } from 'react';
import { ask, pageApi } from '../../api/ask.js';
import { BodyView } from '../../components/body-view.js';
import { Identifier } from '../../components/text.js';
import { useKeepsRequests } from '../../frame/use-available.js';
import { duration } from '../../format/units.js';
import { hrefTo } from '../../routing/route.js';
import { Link } from '../../routing/router.js';
import { OutcomeWord } from '../requests/outcome.js';
import { Waterfall } from '../requests/waterfall.js';
import { useSession, whyNot } from '../../session/session-context.js';

type Kind = 'json' | 'text' | 'file';
const kinds: Readonly<Record<Kind, string>> = { json: 'JSON', text: 'Text', file: 'A file' };

/** Sends one request to the workflow, and shows what came back and what each node did. */
export function Try({ workflow: { name, versions } }: { workflow: WorkflowView }) {
  const [kind, setKind] = useState<Kind>('json');
  const [tried, setTried] = useState<TriedAnswer>();
  const [fault, setFault] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const refused = useRefusal();
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    if (refused !== undefined || isBusy) return;
    const request = requestOf(new FormData(event.currentTarget), kind);
    if ('fault' in request) return setFault(request.fault);
    setBusy(true);
    setFault(undefined);
    const outcome = await ask<TriedAnswer>(`${pageApi}try/${encodeURIComponent(name)}${request.query}`, request.init);
    setBusy(false);
    if ('value' in outcome) setTried(outcome.value);
    else
      setFault(
        outcome.fault.kind === 'missing' ? 'This server cannot send a request from here yet.' : outcome.fault.message,
      );
  };
  return (
    <div className="try">
      <form onSubmit={(event) => void submit(event)}>
        <fieldset className="choices">
          <legend>Send</legend>
          {Object.entries(kinds).map(([each, title]) => (
            <label key={each}>
              <input type="radio" name="kind" checked={kind === each} onChange={() => setKind(each as Kind)} /> {title}
            </label>
          ))}
          <label className="to-version">
            to{' '}
            <select name="version" aria-label="Version">
              <option value="">the version that serves</option>
              {versions
                .filter(({ kept }) => kept === 'active' || kept === 'warm')
                .map(({ version }) => (
                  <option key={version} value={version}>
                    version {version}
                  </option>
                ))}
            </select>
          </label>
        </fieldset>
        {kind === 'file' ? (
          <input key="file" name="file" type="file" aria-label="File to send" required />
        ) : (
          <textarea
            key="text"
            name="text"
            rows={8}
            spellCheck={false}
            aria-label={kind === 'json' ? 'JSON to send' : 'Text to send'}
            placeholder={kind === 'json' ? '{"data": …}' : ''}
          />
        )}
        {fault === undefined ? null : (
          <p className="fault-line" role="alert">
            {fault}
          </p>
        )}
        <p>
          <button
            type="submit"
            className="primary"
            aria-disabled={refused !== undefined}
            title={refused}
            disabled={isBusy}
          >
            {isBusy ? 'Sending…' : 'Send'}
          </button>
          {refused === undefined ? null : <span className="act-reason"> {refused}</span>}
        </p>
      </form>
      <section aria-label="Answer" aria-live="polite">
        {tried === undefined ? (
          <p className="quiet">
            The answer, and what each node did with the request, stand here. The request is kept with its bodies for a
            while.
          </p>
        ) : (
          <Answer tried={tried} />
        )}
      </section>
    </div>
  );
}

/** Whoever only looks sends nothing. */
function useRefusal(): string | undefined {
  const { session } = useSession();
  return whyNot(session);
}

function requestOf(form: FormData, kind: Kind): { init: RequestInit; query: string } | { fault: string } {
  const version = String(form.get('version') ?? '');
  const query = version === '' ? '' : `?version=${encodeURIComponent(version)}`;
  if (kind === 'file') {
    const file = form.get('file');
    if (!(file instanceof File)) return { fault: 'Choose a file.' };
    return {
      query,
      init: { method: 'POST', body: file, headers: { 'content-type': file.type || 'application/octet-stream' } },
    };
  }
  const text = String(form.get('text') ?? '');
  if (kind === 'json') {
    try {
      JSON.parse(text);
    } catch (error) {
      return { fault: `This is no JSON: ${(error as Error).message}` };
    }
  }
  return {
    query,
    init: {
      method: 'POST',
      body: text,
      headers: { 'content-type': kind === 'json' ? 'application/json' : 'text/plain' },
    },
  };
}

function Answer({ tried: { status, body, requestId, durationMs, headers } }: { tried: TriedAnswer }) {
  const outcome = status < 400 ? 'ok' : status < 500 ? 'client_error' : 'failed';
  const version = headers['torchweave-version'];
  const keepsRequests = useKeepsRequests();
  return (
    <>
      <p>
        <OutcomeWord outcome={outcome} status={status} /> in {duration(durationMs)}
        {version === undefined ? '' : ` by version ${version}`} ·{' '}
        {keepsRequests ? (
          <Link href={hrefTo('requests', requestId)}>
            <Identifier text={requestId} />
          </Link>
        ) : (
          <Identifier text={requestId} />
        )}
      </p>
      <BodyView body={body} label="Answer" />
      {keepsRequests ? <TriedWaterfall key={requestId} id={requestId} /> : null}
    </>
  );
}

/** Gateways hand kept requests over a moment later: it is asked for until it is there, a few times. */
const lookMs = [0, 300, 700, 1_500, 3_000];

function TriedWaterfall({ id }: { id: string }) {
  const [request, setRequest] = useState<KeptRequest>();
  const [isMissing, setMissing] = useState(false);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = (round: number): void => {
      if (round >= lookMs.length) return setMissing(true);
      timer = setTimeout(() => {
        void ask<KeptRequest>(`${pageApi}requests/${encodeURIComponent(id)}`).then((outcome) => {
          if ('value' in outcome) setRequest(outcome.value);
          else if (outcome.fault.kind === 'missing') setMissing(true);
          else look(round + 1);
        });
      }, lookMs[round]);
    };
    look(0);
    return () => clearTimeout(timer);
  }, [id]);
  if (request !== undefined)
    return (
      <>
        <h3>What each node did</h3>
        <Waterfall request={request} />
      </>
    );
  return isMissing ? <p className="quiet">This request was not kept: there is no waterfall of it.</p> : null;
}
