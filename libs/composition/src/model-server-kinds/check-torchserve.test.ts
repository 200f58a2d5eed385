import { describe, expect, it } from 'vitest';
import { judgeRegistration } from './check-torchserve.js';

describe('judgeRegistration', () => {
  it.each([
    ['registers models', 400, { type: 'BadRequestException' }, 'ok', undefined],
    ['has its model API off', 405, { type: 'MethodNotAllowedException' }, 'fail', '--enable-model-api'],
    ['wants a key', 400, { type: 'InvalidKeyException' }, 'fail', '--model-server-key-file'],
    ['is broken', 500, undefined, 'fail', 'log'],
  ])('tells a TorchServe that %s', (_what, status, json, level, remedy) => {
    const finding = judgeRegistration({ status, json });
    expect(finding.level).toBe(level);
    if (remedy !== undefined) expect(finding.remedy).toContain(remedy);
  });
});
