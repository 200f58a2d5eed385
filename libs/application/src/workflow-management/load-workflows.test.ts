import { describe, expect, it } from 'vitest';
import { workflowsToLoad } from './load-workflows.js';

describe('workflowsToLoad', () => {
  it.each([
    [['a.war'], [{ url: 'a.war' }]],
    [['digits=a.war'], [{ workflowName: 'digits', url: 'a.war' }]],
    [['https://host/a.war?key=1'], [{ url: 'https://host/a.war?key=1' }]],
    [['digits=https://host/a.war?key=1'], [{ workflowName: 'digits', url: 'https://host/a.war?key=1' }]],
    [['all'], [{ url: 'x.war' }, { url: 'y.war' }]],
    [[], []],
  ])('reads %j', (entries, expected) => {
    expect(workflowsToLoad(entries, ['x.war', 'y.war'])).toEqual(expected);
  });
});
