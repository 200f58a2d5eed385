import { request, type IncomingMessage } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import type { Expectation, RecordedAnswer, Step } from './recordings.js';

/** What a server answered. */
export interface Answer {
  readonly status: number;
  readonly body: Buffer;
  readonly seconds: number;
}

export interface Servers {
  readonly management: string;
  readonly inference: string;
  /** Where the archives are served over HTTP; stands for `{www}` in a recording. */
  readonly www: string;
}

const boundary = 'torchweave-replay-boundary';

function bodyOf(step: Step): { body: Buffer | undefined; headers: Record<string, string> } {
  const headers: Record<string, string> = { ...step.headers };
  if (step.multipart !== undefined) {
    headers['content-type'] = `multipart/form-data; boundary=${boundary}`;
    const parts = Object.entries(step.multipart).map(
      ([name, value]) =>
        `--${boundary}\r\ncontent-disposition: form-data; name="${name}"; filename="${name}"\r\n\r\n${value}\r\n`,
    );
    return { headers, body: Buffer.from(`${parts.join('')}--${boundary}--\r\n`) };
  }
  if (step.bodyRepeat !== undefined)
    return { headers, body: Buffer.from(step.bodyRepeat[0].repeat(step.bodyRepeat[1])) };
  if (step.body !== undefined) return { headers, body: Buffer.from(step.body) };
  return { headers, body: ['POST', 'PUT', 'PATCH'].includes(step.method) ? Buffer.alloc(0) : undefined };
}

/** Sends one step's request; a server may answer and hang up before it has read the whole body. */
export function send(step: Step, servers: Servers): Promise<Answer> {
  const { body, headers } = bodyOf(step);
  const www = encodeURIComponent(servers.www);
  const path = step.path.replace(encodeURIComponent('{www}'), www);
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request(servers[step.server] + path, { method: step.method, headers, agent: false });
    if (body !== undefined) sent.setHeader('content-length', body.length);
    let answered = false;
    sent.on('error', (error) => {
      if (!answered) reject(error);
    });
    sent.on('response', (response: IncomingMessage) => {
      answered = true;
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks),
          seconds: (performance.now() - began) / 1000,
        }),
      );
    });
    sent.end(body);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isSubset(part: unknown, whole: unknown): boolean {
  if (!isObject(part)) return isDeepStrictEqual(part, whole);
  return isObject(whole) && Object.entries(part).every(([key, value]) => key in whole && isSubset(value, whole[key]));
}

function againstTorchServe(recorded: RecordedAnswer, status: number, body: Buffer, text: string): string[] {
  if (status !== recorded.status) return [`status ${status}, not ${recorded.status}`];
  if (recorded.length !== undefined) return text.length === recorded.length ? [] : [`length ${text.length}`];
  if (recorded.base64 !== undefined) return body.toString('base64') === recorded.base64 ? [] : ['other bytes'];
  if (!recorded.text) return [];
  const want = parse(recorded.text);
  const got = parse(text);
  if (isObject(want) && 'code' in want && 'type' in want) return isSubset(want, got) ? [] : [`error ${text}`];
  if (typeof want === 'object' && want !== null) return isDeepStrictEqual(want, got) ? [] : [`body ${text}`];
  return text === recorded.text ? [] : [`body ${text}, not ${recorded.text}`];
}

function againstExpectation(want: Expectation, answer: Answer, text: string): string[] {
  const json = parse(text);
  const wrong: string[] = [];
  const demand = (holds: boolean, what: string): void => {
    if (!holds) wrong.push(`${what}: ${answer.status} ${text}`);
  };
  const field = (name: string): unknown => (isObject(json) ? json[name] : undefined);
  const workflows = field('workflows');
  demand([want.status].flat().includes(answer.status), `status is not ${String(want.status)}`);
  if (want.json !== undefined) demand(isDeepStrictEqual(json, want.json), `body is not ${JSON.stringify(want.json)}`);
  if (want.jsonHas !== undefined) demand(isSubset(want.jsonHas, json), `body lacks ${JSON.stringify(want.jsonHas)}`);
  if (want.jsonNoKey !== undefined) demand(isObject(json) && !(want.jsonNoKey in json), `body has ${want.jsonNoKey}`);
  if (want.listLength !== undefined) {
    demand(Array.isArray(workflows) && workflows.length === want.listLength, `not ${want.listLength} workflows`);
  }
  if (want.text !== undefined) demand(text === want.text, `body is not ${want.text}`);
  if (want.type !== undefined) demand(field('type') === want.type, `type is not ${want.type}`);
  if (want.message !== undefined) demand(field('message') === want.message, `message is not ${want.message}`);
  if (want.messageHas !== undefined)
    demand(String(field('message')).includes(want.messageHas), `message lacks ${want.messageHas}`);
  if (want.maxSeconds !== undefined) demand(answer.seconds <= want.maxSeconds, `took ${answer.seconds} s`);
  return wrong;
}

/** What is wrong with the answer to a step: a list of sentences, empty where it holds. */
export function differences(step: Step, answer: Answer, www: string): string[] {
  const text = answer.body.toString('utf8').replaceAll(www, '{www}');
  const wrong =
    step.expect === undefined
      ? againstTorchServe(step.torchserve, answer.status, answer.body, text)
      : againstExpectation(step.expect, answer, text);
  if (step.expectMax !== undefined && answer.seconds > step.expectMax) wrong.push(`took ${answer.seconds} s`);
  return wrong;
}
