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
  it('keeps TorchServe’s status and words in a refusal', () => {
    expect(refusedBy(endpoint, answer(507, { message: 'Out of resources' }))).toMatchObject({
      code: 'modelServerRefused',
      data: { endpoint, status: 507, message: 'Out of resources' },
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
      data: { status: 413, message: 'The answer is larger than 10 bytes.' },
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
    [503, 'Prediction failed'],
    [503, 'Unsupported model output data type.'],
    [507, 'Out of resources'],
  ])('is told with TorchServe’s status and words, which are few, and where there are more: %i %s', (status, words) => {
    for (const isBatched of [false, true]) {
      expect(refusedInference(endpoint, failed(status, words), isBatched).data).toEqual({
        ...{ endpoint, status },
        message: `${words.replace(/\.$/, '')}. What its handler did stands in the model_log.log of that TorchServe.`,
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
    const { data } = refusedInference(endpoint, failed(status, 'not with these words'), true);
    expect(data.status).toBe(500);
    expect(data.message).toContain(`refused a batch with ${status}`);
    expect(data.message).not.toContain('these words');
  });

  it('is told in TorchServe’s words, where it never came to a handler', () => {
    const missing = answer(404, { code: 404, type: 'ModelNotFoundException', message: 'Model not found: a' });
    expect(refusedInference(endpoint, missing, true).data).toMatchObject({
      status: 404,
      message: 'Model not found: a',
    });
  });
});
