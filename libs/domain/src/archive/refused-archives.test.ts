import { describe, expect, it } from 'vitest';
import { parseSpec } from '../spec/parse-spec.js';
import { defineWorkflow } from '../workflow/definition.js';
import { parseManifest } from './manifest.js';

const up = 'models:\n  up:\n    url: upper.mar\n';
const chain = `${up}dag:\n  pre: [up]\n  up: [post]\n`;

/** Manifest and spec of the archives whose registration was recorded with TorchServe 0.12. */
const named = (workflowName: string): object => ({
  createdOn: '23/11/2026 00:00:00',
  workflow: { workflowName, specFile: 'spec.yaml', handler: 'h.py' },
  archiverVersion: '0.2.15',
});

function register(manifestJson: object, specText: string) {
  const manifest = parseManifest(JSON.stringify(manifestJson));
  const spec = parseSpec(specText, manifest.workflow.specFile);
  return defineWorkflow({ url: `${manifest.workflow.workflowName}.war`, digest: 'd', manifest, spec });
}

describe('a recorded archive that must be refused is told by its fault', () => {
  const withoutVersion = { createdOn: 'x', workflow: { workflowName: 'noarchver', specFile: 'spec.yaml' } };
  const withoutCreatedOn = { archiverVersion: '1', workflow: { workflowName: 'nocreated', specFile: 'spec.yaml' } };
  const both = { createdOn: 'x', archiverVersion: '1' };

  it.each<[string, object, string, string, RegExp]>([
    [
      'noname',
      { ...both, workflow: { specFile: 's' } },
      chain,
      'workflowNameMissing',
      /^Workflow name is not defined\.$/,
    ],
    ['noarchver', withoutVersion, chain, 'archiverVersionMissing', /^Workflow archive version is not defined\.$/],
    ['nocreated', withoutCreatedOn, chain, 'createdOnMissing', /^Workflow archive createdOn is not defined\.$/],
    ['nospecfile', { ...both, workflow: { workflowName: 'nospecfile' } }, chain, 'specFileUndefined', /specFile/],
    ['strangename', named('my workflow/../x'), chain, 'workflowNameInvalid', /name "my workflow\/\.\.\/x"/],
    [
      'badyaml',
      named('badyaml'),
      'models: [unclosed\n  - :::',
      'specInvalid',
      /^spec\.yaml:1:10: Failed to parse yaml/,
    ],
    ['emptyspec', named('emptyspec'), '', 'specInvalid', /^spec\.yaml:1:1: .*the file is empty/],
    ['nodag', named('nodag'), up, 'specInvalid', /the key dag is missing/],
    [
      'dagstring',
      named('dagstring'),
      `${up}dag:\n  pre: up\n  up: post\n`,
      'specInvalid',
      /^spec\.yaml:5:8: dag\.pre must/,
    ],
    [
      'badworkers',
      named('badworkers'),
      'models:\n  min-workers: -1\n  max-workers: abc\n  up:\n    url: upper.mar\ndag:\n  pre: [up]\n',
      'specInvalid',
      /spec\.yaml:3:16: models\.max-workers must be .*, not "abc"/,
    ],
    [
      'negworkers',
      named('negworkers'),
      'models:\n  min-workers: -1\n  max-workers: -1\n  up:\n    url: upper.mar\ndag:\n  pre: [up]\n',
      'specInvalid',
      /spec\.yaml:2:16: models\.min-workers must be .*, not -1/,
    ],
    [
      'zerobatch',
      named('zerobatch'),
      'models:\n  batch-size: 0\n  up:\n    url: upper.mar\ndag:\n  pre: [up]\n',
      'specInvalid',
      /spec\.yaml:2:15: models\.batch-size must be .*, not 0/,
    ],
    [
      'underscore',
      named('underscore'),
      'models:\n  min_workers: 2\n  up:\n    url: upper.mar\n    batch_size: 3\ndag:\n  pre: [up]\n',
      'specInvalid',
      /spec\.yaml:2:3: models\.min_workers is 2: .*Did you mean min-workers\?/,
    ],
    ['emptydag', named('emptydag'), `${up}dag: {}\n`, 'dagInvalid', /^DAG should have only one start node$/],
    [
      'cycle',
      named('cycle'),
      'models:\n  up:\n    url: upper.mar\n  rv:\n    url: rev.mar\ndag:\n  pre: [up]\n  up: [rv]\n  rv: [up]\n',
      'dagInvalid',
      /^Not a valid DAG$/,
    ],
    ['self', named('self'), `${up}dag:\n  up: [up]\n`, 'dagInvalid', /^Self loop exception$/],
    [
      'twostart',
      named('twostart'),
      'models:\n  up:\n    url: upper.mar\n  rv:\n    url: rev.mar\ndag:\n  up: [post]\n  rv: [post]\n',
      'dagInvalid',
      /^DAG should have only one start node$/,
    ],
    ['extraedge', named('extraedge'), `${up}dag:\n  pre: [up, up]\n`, 'dagInvalid', /^loop exception$/],
  ])('%s', (_archive, manifest, spec, code, message) => {
    expect(() => register(manifest, spec)).toThrow(
      expect.objectContaining({ code, status: 400, message: expect.stringMatching(message) }),
    );
  });
});

describe('a recorded archive that must be accepted is', () => {
  it.each([
    ['chain', chain],
    ['single', `${up}dag:\n  up: []\n`],
    ['fnonly', 'models:\ndag:\n  pre: [post]\n'],
    ['unusedmodel', 'models:\n  up:\n    url: upper.mar\n  rv:\n    url: rev.mar\ndag:\n  pre: [up]\n'],
    [
      'glob',
      'models:\n  min-workers: 2\n  max-workers: 2\n  batch-size: 8\n  max-batch-delay: 5000\n  up:\n    url: upper.mar\n' +
        '    max-batch-delay: 7\ndag:\n  pre: [up]\n',
    ],
  ])('%s', (name, spec) => {
    expect(register(named(name), spec).name).toBe(name);
  });

  it('nohandlerkey', () => {
    const manifest = {
      createdOn: 'x',
      archiverVersion: '1',
      workflow: { workflowName: 'nohandlerkey', specFile: 'spec.yaml' },
    };
    const spec = 'models:\n  up:\n    url: upper.mar\n  rv:\n    url: rev.mar\ndag:\n  up: [rv]\n';
    expect(register(manifest, spec).nodes.map((node) => node.kind)).toEqual(['model', 'model']);
  });
});
