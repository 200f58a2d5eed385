import {
  AnswerLateError,
  AnswerTooLargeError,
  ConnectionLostError,
  ExchangeFailure,
  type HttpAnswer,
} from '@torchweave/http-exchange';
import { describe, expect, it } from 'vitest';

import {
  failedExchange,
  isKeyRefused,
  readRefusal,
  refusedBy,
  refusedInference,
  unauthorizedBy,
} from './error-mapping.js';

const endpoint = 'http://models:8081';
const answer = (status: number, body: string | object): HttpAnswer => ({
  status,
  contentType: undefined,
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  waitedMs: 0,
});
const coded = (code: string): Error => Object.assign(new Error(`${code} 10.0.0.7:8081`), { code });

describe('readRefusal', () => {
  it('takes type and message of TorchServe’s error body', () => {
    const body = { code: 404, type: 'ModelNotFoundException', message: 'Model not found: a' };
    expect(readRefusal(answer(404, body))).toEqual({
      status: 404,
      type: 'ModelNotFoundException',
      message: 'Model not found: a',
    });
  });

  it.each([
    ['plain text', 'Bad gateway\n', 'Bad gateway'],
    ['a list', '["no", "object"]', '["no", "object"]'],
    ['an object without a message', '{"status": "sad"}', '{"status": "sad"}'],
    ['a message that is no text', '{"message": 7}', '{"message": 7}'],
    ['half an object', '{"message": "x', '{"message": "x'],
    ['nothing', '', 'The model server answered 502 without a message.'],
    ['blanks', ' \n', 'The model server answered 502 without a message.'],
  ])('finds words in %s', (_kind, body, message) => {
    expect(readRefusal(answer(502, body)).message).toBe(message);
  });

  it('explains Netty’s empty 413', () => {
    expect(readRefusal(answer(413, '')).message).toContain('max_request_size');
  });

  it('keeps at most 2,000 letters', () => {
    expect(readRefusal(answer(500, { message: 'x'.repeat(5_000) })).message).toHaveLength(2_000);
    expect(readRefusal(answer(500, 'x'.repeat(1_000_000))).message).toHaveLength(2_000);
  });
});

describe('the errors', () => {
  it.each([
    ...[400, 404, 413, 415, 422].map((status) => [status, 'modelRejected'] as const),
    [507, 'modelServerFull'] as const,
    ...[401, 405, 409, 500, 503].map((status) => [status, 'modelServerRefused'] as const),
  ])('tells whose fault a management call with the answer %i is, in TorchServe’s words: %s', (status, code) => {
    expect(refusedBy(endpoint, answer(status, { message: 'Out of resources' }))).toMatchObject({
      code,
      data: { endpoint, answered: String(status), message: 'Out of resources' },
    });
  });

  it('tells a refused key from any other 400', () => {
    const refused = answer(400, { type: 'InvalidKeyException', message: 'Token Authorization failed' });
    expect(isKeyRefused(refused)).toBe(true);
    expect(isKeyRefused(answer(400, { type: 'BadRequestException', message: 'x' }))).toBe(false);
    expect(unauthorizedBy(endpoint, refused).data).toEqual({ endpoint, message: 'Token Authorization failed.' });
  });

  it('refuses an answer that is too large with 413', () => {
    expect(failedExchange(endpoint, new AnswerTooLargeError(10))).toMatchObject({
      code: 'modelServerRefused',
      data: { answered: '413', message: 'The answer is larger than 10 bytes.' },
    });
  });

  it.each([
    [coded('ECONNREFUSED'), 'connection refused'],
    [coded('ECONNRESET'), 'connection reset'],
    [coded('ENOTFOUND'), 'host not found'],
    [new ExchangeFailure('connectTimeout', 'late'), 'connect timed out'],
    [coded('EWHATEVER'), 'connection failed (EWHATEVER)'],
    [
      new ConnectionLostError('lost', { cause: new ExchangeFailure('connectionClosed', 'closed') }),
      'connection closed',
    ],
    [new Error('10.0.0.7 is odd'), 'connection failed'],
    ['no error at all', 'connection failed'],
  ])('tells without an address why the server cannot be reached: %s', (cause, reason) => {
    expect(failedExchange(endpoint, cause)).toMatchObject({
      code: 'modelServerUnreachable',
      data: { endpoint, reason },
    });
  });

  it('tells a late answer from a server that cannot be reached', () => {
    expect(failedExchange(endpoint, new AnswerLateError(100))).toMatchObject({
      ...{ code: 'modelServerLate', status: 504, message: 'The model server did not answer within 100 ms.' },
      data: { endpoint, timeoutMs: 100 },
    });
  });
});

describe('an inference that a model refused', () => {
  const failed = (status: number, message: string): HttpAnswer =>
    answer(status, { code: status, type: 'InternalServerException', message });

  it.each([
    [503, 'Prediction failed', 'modelFailed'],
    [503, 'Unsupported model output data type.', 'modelFailed'],
    [507, 'Out of resources', 'modelServerRefused'],
  ])('is told in TorchServe’s words, which are few, and where there are more: %i %s', (status, words, code) => {
    for (const isBatched of [false, true]) {
      expect(refusedInference(endpoint, failed(status, words), isBatched).toRecord()).toEqual({
        code,
        data: {
          ...{ endpoint, answered: String(status) },
          message: `${words.replace(/\.$/, '')}. What its handler did stands in the model_log.log of that TorchServe.`,
        },
      });
    }
  });

  it.each([
    [400, 'modelRaised'],
    [401, 'modelRaised'],
    [422, 'modelRaised'],
    [513, 'modelRaised'],
    [599, 'modelRaised'],
    [404, 'modelMissing'],
    [503, 'modelFailed'],
    ...[101, 204, 304, 405, 408, 413, 429, 500, 502, 504, 507, 600].map((s) => [s, 'modelServerRefused'] as const),
  ] as const)('of a handler that names the status %i is %s', (status, code) => {
    expect(refusedInference(endpoint, failed(status, 'no'), false)).toMatchObject({ code, message: 'no' });
  });

  it('is of a busy model, where TorchServe has not come to a handler', () => {
    const busy = answer(503, { code: 503, type: 'ServiceUnavailableException', message: 'Model "a" has no worker' });
    for (const refusal of [busy, answer(503, '<html>Service Unavailable</html>')]) {
      expect(refusedInference(endpoint, refusal, false)).toMatchObject({
        code: 'modelBusy',
        data: { answered: '503' },
      });
    }
  });

  it('is told in the handler’s words, where they can be of no other request', () => {
    const expected = { endpoint, status: 422, message: 'not with these words' };
    expect(refusedInference(endpoint, failed(422, 'not with these words'), false).data).toEqual(expected);
    // An answer of its own, to its own request.
    expect(refusedInference(endpoint, answer(422, 'not with these words'), true).data).toEqual(expected);
  });

  it.each([422, 503])('is a fault of the server without words, where they may be of another request: %i', (status) => {
    const { code, data, message } = refusedInference(endpoint, failed(status, 'not with these words'), true);
    expect([code, data]).toEqual(['modelServerRefused', { endpoint, answered: '500', message }]);
    expect(message).toContain(`refused a batch with ${status}`);
    expect(message).not.toContain('these words');
  });

  it('is told in TorchServe’s words, where it never came to a handler', () => {
    const missing = answer(404, { code: 404, type: 'ModelNotFoundException', message: 'Model not found: a' });
    expect(refusedInference(endpoint, missing, true)).toMatchObject({
      code: 'modelMissing',
      data: { answered: '404', message: 'Model not found: a' },
    });
  });
});
