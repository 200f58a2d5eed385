import { describe, expect, it } from 'vitest';
import { inspectSpec } from '../parse-spec.js';
import { specRules } from './index.js';

/** `line:column rule: message`, the way a person would note it down. */
function problemsOf(text: string): string[] {
  const reading = inspectSpec(text, 'spec.yaml');
  if (!('problems' in reading)) return [];
  return reading.problems.map(({ line, column, rule, message }) => `${line}:${column} ${rule}: ${message}`);
}

/** The same of what is taken and ignored. */
function warningsOf(text: string): string[] {
  return inspectSpec(text, 'spec.yaml').warnings.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

const nameRule = 'a name has 1 to 128 letters, digits, "_", "-" or "." and does not begin with "-" or "."';

const manyModels = (count: number): string => Array.from({ length: count }, (_, i) => `  m${i}: {url: a}\n`).join('');
const manyNodes = (count: number): string => Array.from({ length: count }, (_, i) => `  n${i}: []\n`).join('');

interface Table {
  readonly accepts: Readonly<Record<string, string>>;
  readonly refuses: readonly (readonly [what: string, text: string, ...problems: string[]])[];
}

const tables: Readonly<Record<string, Table>> = {
  'known-sections': {
    accepts: {
      'models and dag': 'models:\n  up: {url: upper.mar}\ndag:\n  up: []\n',
      'dag alone': 'dag:\n  pre: [post]\n',
    },
    refuses: [
      [
        'an empty file',
        '',
        '1:1 known-sections: a spec is a mapping with the keys models and dag, but the file is empty.',
      ],
      [
        'a file of comments',
        '# nothing\n# here\n',
        '1:1 known-sections: a spec is a mapping with the keys models and dag, but the file is empty.',
      ],
      [
        'a list',
        '\n- models\n- dag\n',
        '2:1 known-sections: a spec is a mapping with the keys models and dag, but the file holds something else.',
      ],
      [
        'a text',
        'models and dag',
        '1:1 known-sections: a spec is a mapping with the keys models and dag, but the file holds something else.',
      ],
    ],
  },
  'probe-section': {
    accepts: {
      'a file': 'dag: {pre: []}\nprobe: probes/one.json\n',
      'a mapping of all keys':
        'dag: {pre: []}\nprobe: {file: one.bin, content-type: text/csv; charset=utf-8, status: 422, answer: two.json}\n',
    },
    refuses: [
      [
        'nothing',
        'dag: {pre: []}\nprobe:\n',
        '2:7 probe-section: probe must be the path of a file of the archive, or a mapping, not null.',
      ],
      [
        'a path that leads out of the archive',
        'dag: {pre: []}\nprobe: ../one.json\n',
        '2:8 probe-section: probe must be the path of a file of the archive, or a mapping, not "../one.json".',
      ],
      [
        'a mapping without a file, with what is no key and values that are none',
        'dag: {pre: []}\nprobe:\n  contenttype: a\n  content-type: multipart/form-data\n  status: 99\n  answer: [a]\n',
        '3:3 probe-section: probe.contenttype is none of file, content-type, status, answer. Did you mean content-type?',
        '4:17 probe-section: probe.content-type must be of a body that is no form, not "multipart/form-data".',
        '5:11 probe-section: probe.status must be a whole number from 200 to 599, not 99.',
        '6:11 probe-section: probe.answer must be the path of a file of the archive, not a list.',
        '2:1 probe-section: probe.file is missing: it names the file that is sent.',
      ],
    ],
  },
  'models-mapping': {
    accepts: {
      'models with nothing in it': 'models:\ndag:\n  pre: [post]\n',
      'an empty mapping': 'models: {}\ndag:\n  pre: [post]\n',
      'an alias of a mapping in itself': 'models:\n  a: &a {url: x}\n  b: *a\ndag:\n  a: [b]\n',
    },
    refuses: [
      ['a list', 'models: [up]\ndag:\n  pre: []\n', '1:9 models-mapping: models must be a mapping, not a list.'],
      ['a text', 'models: up\ndag:\n  pre: []\n', '1:9 models-mapping: models must be a mapping, not "up".'],
      ['a number', 'dag:\n  pre: []\nmodels: 3\n', '3:9 models-mapping: models must be a mapping, not 3.'],
    ],
  },
  'text-keys': {
    accepts: {
      'keys in quotes': 'models:\n  "on": {url: a}\n  "1": {url: b}\ndag:\n  "on": ["1"]\n',
      'the letters y and n, as TorchServe': 'models:\n  y: {url: a}\n  n: {url: b}\ndag:\n  y: [n]\n',
    },
    refuses: [
      [
        'a truth value among the nodes',
        'dag:\n  on: [post]\n',
        '2:3 text-keys: dag has the key on, which YAML does not read as text. Quote it.',
      ],
      [
        'a number among the models',
        'models:\n  1: {url: a}\ndag:\n  pre: []\n',
        '2:3 text-keys: models has the key 1, which YAML does not read as text. Quote it.',
      ],
      [
        'nothing among the nodes',
        'dag:\n  ~: [post]\n',
        '2:3 text-keys: dag has the key ~, which YAML does not read as text. Quote it.',
      ],
      [
        'a list among the nodes',
        'dag:\n  [a, b]: [post]\n',
        '2:3 text-keys: dag has the key a list, which YAML does not read as text. Quote it.',
      ],
    ],
  },
  'setting-values': {
    accepts: {
      'the least values':
        'models:\n  min-workers: 0\n  max-workers: 1\n  batch-size: 1\n  max-batch-delay: 0\n  retry-attempts: 0\n' +
        '  timeout-ms: 1\n  up: {url: a}\ndag:\n  up: []\n',
      'the largest values':
        'models:\n  min-workers: 1024\n  max-workers: 1024\n  batch-size: 1024\n  max-batch-delay: 86400000\n' +
        '  retry-attempts: 100\n  timeout-ms: 2147483647\ndag:\n  pre: []\n',
      'numbers as YAML 1.1 writes them': 'models:\n  timeout-ms: 1_000\n  batch-size: 0x10\ndag:\n  pre: []\n',
    },
    refuses: [
      [
        'a negative number of workers',
        'models:\n  min-workers: -1\n  max-workers: -1\n  up:\n    url: upper.mar\ndag:\n  pre: [up]\n',
        '2:16 setting-values: models.min-workers must be a whole number from 0 to 1024, not -1.',
        '3:16 setting-values: models.max-workers must be a whole number from 1 to 1024, not -1.',
      ],
      [
        'a word',
        'models:\n  min-workers: -1\n  max-workers: abc\n  up:\n    url: upper.mar\ndag:\n  pre: [up]\n',
        '2:16 setting-values: models.min-workers must be a whole number from 0 to 1024, not -1.',
        '3:16 setting-values: models.max-workers must be a whole number from 1 to 1024, not "abc".',
      ],
      [
        'a batch of none',
        'models:\n  batch-size: 0\n  up:\n    url: upper.mar\ndag:\n  pre: [up]\n',
        '2:15 setting-values: models.batch-size must be a whole number from 1 to 1024, not 0.',
      ],
      [
        'a fraction, of one model',
        'models:\n  up:\n    url: a\n    timeout-ms: 1.5\ndag:\n  up: []\n',
        '4:17 setting-values: models.up.timeout-ms must be a whole number from 1 to 2147483647, not 1.5.',
      ],
      [
        'a number in quotes',
        'models:\n  up:\n    url: a\n    max-batch-delay: "5"\ndag:\n  up: []\n',
        '4:22 setting-values: models.up.max-batch-delay must be a whole number from 0 to 86400000, not "5".',
      ],
      [
        'nothing',
        'models:\n  retry-attempts:\ndag:\n  pre: []\n',
        '2:18 setting-values: models.retry-attempts must be a whole number from 0 to 100, not null.',
      ],
      [
        'a list',
        'models:\n  retry-attempts: [1]\ndag:\n  pre: []\n',
        '2:19 setting-values: models.retry-attempts must be a whole number from 0 to 100, not a list.',
      ],
      [
        'a mapping, which would look like a model',
        'models:\n  timeout-ms: {url: a}\ndag:\n  pre: []\n',
        '2:15 setting-values: models.timeout-ms must be a whole number from 1 to 2147483647, not a mapping.',
      ],
      [
        'more than a Java int',
        'models:\n  timeout-ms: 2147483648\ndag:\n  pre: []\n',
        '2:15 setting-values: models.timeout-ms must be a whole number from 1 to 2147483647, not 2147483648.',
      ],
      [
        'one more than the largest values',
        'models:\n  min-workers: 1025\n  max-workers: 1025\n  batch-size: 1025\n  max-batch-delay: 86400001\n' +
          '  retry-attempts: 101\ndag:\n  pre: []\n',
        '2:16 setting-values: models.min-workers must be a whole number from 0 to 1024, not 1025.',
        '3:16 setting-values: models.max-workers must be a whole number from 1 to 1024, not 1025.',
        '4:15 setting-values: models.batch-size must be a whole number from 1 to 1024, not 1025.',
        '5:20 setting-values: models.max-batch-delay must be a whole number from 0 to 86400000, not 86400001.',
        '6:19 setting-values: models.retry-attempts must be a whole number from 0 to 100, not 101.',
      ],
      [
        'not a number',
        'models:\n  timeout-ms: .nan\ndag:\n  pre: []\n',
        '2:15 setting-values: models.timeout-ms must be a whole number from 1 to 2147483647, not .nan.',
      ],
    ],
  },
  'model-entries': {
    accepts: {
      'a model with every key':
        'models:\n  up:\n    url: https://example.com/a.mar\n    min-workers: 1\n    max-workers: 2\n    batch-size: 3\n' +
        '    max-batch-delay: 4\n    retry-attempts: 5\n    timeout-ms: 6\ndag:\n  up: []\n',
      'a url of 8192 characters': `models:\n  up: {url: ${'u'.repeat(8_192)}}\ndag:\n  up: []\n`,
      '1000 models': `models:\n${manyModels(1_000)}dag:\n  m0: []\n`,
      'a model whose name begins as what is no model': 'models:\n  x-up: {url: a}\ndag:\n  pre: [x-up]\n',
      'a model that no node uses': 'models:\n  up: {url: a}\n  rv: {url: b}\ndag:\n  up: []\n',
    },
    refuses: [
      [
        'misspelt settings, with what was meant',
        'models:\n  min_workers: 2\n  up:\n    url: upper.mar\n    batch_size: 3\ndag:\n  pre: [up]\n',
        '2:3 model-entries: models.min_workers is 2: neither a known setting nor a model. Did you mean min-workers?',
      ],
      [
        'a setting in capitals',
        'models:\n  Timeout-MS: 2\ndag:\n  pre: []\n',
        '2:3 model-entries: models.Timeout-MS is 2: neither a known setting nor a model. Did you mean timeout-ms?',
      ],
      [
        'a model that is only a file name',
        'models:\n  up: upper.mar\ndag:\n  up: []\n',
        '2:3 model-entries: models.up is "upper.mar": neither a known setting nor a model. A model is a mapping with a url.',
      ],
      [
        'a model with nothing in it',
        'models:\n  up:\ndag:\n  up: []\n',
        '2:3 model-entries: models.up is null: neither a known setting nor a model. A model is a mapping with a url.',
      ],
      [
        'a model without a url',
        'models:\n  up:\n    batch-size: 2\ndag:\n  up: []\n',
        '2:3 model-entries: models.up.url is missing.',
      ],
      [
        'an empty url',
        'models:\n  up:\n    url: " "\ndag:\n  up: []\n',
        '3:10 model-entries: models.up.url must be a file name or URL, not " ".',
      ],
      [
        'a url that is a list',
        'models:\n  up:\n    url: [a.mar]\ndag:\n  up: []\n',
        '3:10 model-entries: models.up.url must be a file name or URL, not a list.',
      ],
      [
        'a url that is nothing',
        'models:\n  up: {url: ~}\ndag:\n  up: []\n',
        '2:13 model-entries: models.up.url must be a file name or URL, not ~.',
      ],
      [
        'a setting in the spelling of a program',
        'models:\n  minWorkers: 2\ndag:\n  pre: []\n',
        '2:3 model-entries: models.minWorkers is 2: neither a known setting nor a model. Did you mean min-workers?',
      ],
      [
        'a url of more than 8192 characters',
        `models:\n  up: {url: ${'u'.repeat(8_193)}}\ndag:\n  up: []\n`,
        '2:13 model-entries: models.up.url has more than 8192 characters.',
      ],
      [
        'more than 1000 models',
        `models:\n${manyModels(1_001)}dag:\n  m0: []\n`,
        '1002:3 model-entries: there are more than 1000 models.',
      ],
      [
        'a model name that no URL could hold',
        'models:\n  my model: {url: a}\ndag:\n  pre: []\n',
        `2:3 model-entries: the model name "my model" is not valid: ${nameRule}.`,
      ],
    ],
  },
  'worker-range': {
    accepts: {
      'a minimum alone, which raises the maximum': 'models:\n  min-workers: 3\n  up: {url: a}\ndag:\n  up: []\n',
      'a minimum of one model above the maximum of all':
        'models:\n  max-workers: 2\n  up: {url: a, min-workers: 3}\ndag:\n  up: []\n',
      'equal numbers': 'models:\n  up: {url: a, min-workers: 3, max-workers: 3}\ndag:\n  up: []\n',
    },
    refuses: [
      [
        'a minimum above the maximum',
        'models:\n  min-workers: 3\n  max-workers: 2\n  up: {url: a}\ndag:\n  up: []\n',
        '2:16 worker-range: models.min-workers (3) is greater than models.max-workers (2).',
      ],
      [
        'a minimum above the maximum of one model',
        'models:\n  up:\n    url: a\n    max-workers: 1\n    min-workers: 2\ndag:\n  up: []\n',
        '4:18 worker-range: models.up.min-workers (2) is greater than models.up.max-workers (1).',
      ],
      [
        'a minimum of all above the maximum of one model',
        'models:\n  min-workers: 2\n  up:\n    url: a\n    max-workers: 1\ndag:\n  up: []\n',
        '5:18 worker-range: models.up.min-workers (2) is greater than models.up.max-workers (1).',
      ],
    ],
  },
  'dag-adjacency': {
    accepts: {
      'a node without children, in every spelling': 'dag:\n  a: [b, c, d]\n  b: []\n  c:\n  d: [~, ""]\n',
      'children as a block': 'dag:\n  a:\n  - b\n  - c\n',
      'an empty dag, which is the graph’s own fault': 'dag: {}\n',
    },
    refuses: [
      [
        'no dag',
        '# a spec\nmodels:\n  up:\n    url: upper.mar\n',
        '2:1 dag-adjacency: the key dag is missing: it maps each node to the list of its children.',
      ],
      ['a dag of nothing', 'dag:\n', '1:5 dag-adjacency: dag must be a mapping, not null.'],
      ['a dag that is a list', 'dag:\n  - pre: [up]\n', '2:3 dag-adjacency: dag must be a mapping, not a list.'],
      [
        'children that are no list',
        'models:\n  up:\n    url: upper.mar\ndag:\n  pre: up\n  up: post\n',
        '5:8 dag-adjacency: dag.pre must be a list of node names, not "up".',
        '6:7 dag-adjacency: dag.up must be a list of node names, not "post".',
      ],
      [
        'children that are a mapping',
        'dag:\n  pre: {up: post}\n',
        '2:8 dag-adjacency: dag.pre must be a list of node names, not a mapping.',
      ],
      [
        'children that are no names',
        'dag:\n  pre: [post, 1, [a], {b: c}, yes]\n',
        '2:15 dag-adjacency: dag.pre must be a list of node names, but holds 1.',
        '2:18 dag-adjacency: dag.pre must be a list of node names, but holds a list.',
        '2:23 dag-adjacency: dag.pre must be a list of node names, but holds a mapping.',
        '2:31 dag-adjacency: dag.pre must be a list of node names, but holds yes.',
      ],
    ],
  },
  'node-names': {
    accepts: {
      '1000 nodes': `dag:\n${manyNodes(1_000)}`,
      'names of functions': 'dag:\n  _pre: [post2, Post_3]\n',
      'a model name that no function could have': 'models:\n  up-2.x: {url: a}\ndag:\n  pre: [up-2.x]\n',
    },
    refuses: [
      [
        'a function name that Python cannot have',
        'models:\n  up: {url: a}\ndag:\n  pre-process: [up]\n  up: [2nd]\n',
        '4:3 node-names: the node "pre-process" is neither under models nor the name of a Python function.',
        '5:8 node-names: the node "2nd" is neither under models nor the name of a Python function.',
      ],
      [
        'a name that no URL could hold, once',
        'dag:\n  pre: [a/b]\n  a/b: []\n',
        `2:9 node-names: the node name "a/b" is not valid: ${nameRule}.`,
      ],
      ['more than 1000 nodes', `dag:\n${manyNodes(1_001)}`, '1002:3 node-names: the dag has more than 1000 nodes.'],
      [
        'a node that stands for what is no model',
        'models:\n  x-up: {batch-size: 2}\ndag:\n  pre: [x-up]\n',
        '4:9 node-names: the node "x-up" is neither under models nor the name of a Python function.',
      ],
      ['an empty name', 'dag:\n  "": [a]\n', `2:3 node-names: the node name "" is not valid: ${nameRule}.`],
      ['a blank name', 'dag:\n  " ": [a]\n', `2:3 node-names: the node name " " is not valid: ${nameRule}.`],
    ],
  },
};

describe.each(Object.entries(tables))('the rule %s', (_rule, { accepts, refuses }) => {
  it.each(Object.entries(accepts))('accepts %s', (_what, text) => {
    expect(problemsOf(text)).toEqual([]);
  });

  it.each(refuses.map(([what, text, ...problems]) => ({ what, text, problems })))('refuses $what', (refusal) => {
    expect(problemsOf(refusal.text)).toEqual(refusal.problems);
  });
});

describe('what TorchServe ignores is taken with a warning', () => {
  it.each([
    [
      'a section of another name',
      'model: {}\ndag:\n  pre: []\n',
      '1:1 the key "model" is ignored: a spec has models and dag. Did you mean models?',
    ],
    [
      'a section of the author’s own',
      'x-common: {a: 1}\ndag:\n  pre: []\n',
      '1:1 the key "x-common" is ignored: a spec has models and dag.',
    ],
    [
      'a key of a model',
      'models:\n  up:\n    url: a\n    handler: h.py\ndag:\n  up: []\n',
      '4:5 the unknown key models.up.handler ("h.py") is ignored.',
    ],
    [
      'a key of a model that is not spelt as it should be',
      'models:\n  up: {url: a, minWorkers: 3}\ndag:\n  up: []\n',
      '2:16 the unknown key models.up.minWorkers (3) is ignored. Did you mean min-workers?',
    ],
    [
      'the singular of a setting',
      'models:\n  up: {url: a, max-worker: 3}\ndag:\n  up: []\n',
      '2:16 the unknown key models.up.max-worker (3) is ignored. Did you mean max-workers?',
    ],
    [
      'the author’s own key of a model',
      'models:\n  up: {url: a, x-minWorkers: 3}\ndag:\n  up: []\n',
      '2:16 the unknown key models.up.x-minWorkers (3) is ignored.',
    ],
    [
      'what the author keeps under models for merging, whatever is in it',
      'models:\n  x-all: &all {batch-size: none}\n  up: {<<: *all, url: a, batch-size: 2}\ndag:\n  up: []\n',
      '2:3 models.x-all is ignored: it has no url, and so is no model.',
    ],
    [
      'a note under models',
      'models:\n  x-note: hello\ndag:\n  pre: []\n',
      '2:3 models.x-note is ignored: it has no url, and so is no model.',
    ],
  ])('%s', (_what, text, warning) => {
    expect([problemsOf(text), warningsOf(text)]).toEqual([[], [warning]]);
  });

  it('and is no model of the spec', () => {
    const reading = inspectSpec('models:\n  x-a: {batch-size: 2}\n  x-b: 1\n  up: {url: a}\ndag:\n  up: []\n', 's');
    expect(reading).toMatchObject({ spec: { models: [{ name: 'up' }] } });
  });

  it('up to a hundred times', () => {
    const keys = Array.from({ length: 150 }, (_, i) => `k${i}: 1`).join(', ');
    expect(warningsOf(`models:\n  up: {url: a, ${keys}}\ndag:\n  up: []\n`)).toHaveLength(100);
  });
});

describe('the rules', () => {
  it('are all in a table above', () => {
    expect(specRules.map((rule) => rule.name).sort()).toEqual(Object.keys(tables).sort());
  });

  it('have a name of their own and say why they are there', () => {
    expect(new Set(specRules.map((rule) => rule.name)).size).toBe(specRules.length);
    for (const { description } of specRules) expect(description).toMatch(/^.{40,}\.$/);
  });
});
