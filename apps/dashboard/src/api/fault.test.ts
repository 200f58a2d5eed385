import { describe, expect, it } from 'vitest';
import { faultOf } from './fault.js';

describe('an error answer', () => {
  it('is missing where the path is not known, and refused where its object is not there', () => {
    expect(faultOf(404, { errorCode: 'unknownRoute', message: 'No.' }).kind).toBe('missing');
    expect(faultOf(404, { errorCode: 'resourceNotFound', message: 'No.' }).kind).toBe('missing');
    expect(faultOf(404, { errorCode: 'workflowNotFound', message: 'No.' }).kind).toBe('refused');
  });
  it('wants a sign-in with 401', () => expect(faultOf(401, {}).kind).toBe('signIn'));
  it.each([undefined, null, 'text', { message: 7 }, { message: '' }])('has a sentence whatever came: %j', (body) => {
    expect(faultOf(502, body)).toMatchObject({ kind: 'refused', message: 'The server answered with status 502.' });
  });
});
