import { describe, expect, it } from 'vitest';
import { isInsidePath, parseManifest } from './manifest.js';

const workflow = { workflowName: 'chain', specFile: 'chain.yaml', handler: 'chain.py' };
const manifest = { createdOn: '23/11/2026 23:57:54', workflow, archiverVersion: '0.2.15' };

/** A manifest's text, some of it replaced; `undefined` takes a field away. */
const text = (top: object = {}, inner: object = {}): string =>
  JSON.stringify({ ...manifest, workflow: { ...workflow, ...inner }, ...top });

describe('parseManifest', () => {
  it('reads what torch-workflow-archiver writes', () => {
    expect(parseManifest(JSON.stringify(manifest, null, 2))).toEqual(manifest);
  });

  it('reads a manifest without a handler', () => {
    const { handler: _handler, ...rest } = workflow;
    for (const handler of [undefined, null]) {
      expect(parseManifest(text({}, { handler })).workflow).toEqual(rest);
    }
  });

  it('reads a manifest behind a byte order mark', () => {
    expect(parseManifest(`\uFEFF${text()}`)).toEqual(manifest);
  });

  it('leaves out what it does not know', () => {
    expect(parseManifest(text({ extra: 1 }, { extra: 2 }))).toEqual(manifest);
  });

  it('reads numbers as their text, as Gson does', () => {
    expect(parseManifest(text({ archiverVersion: 0.2, createdOn: 7 }))).toMatchObject({
      archiverVersion: '0.2',
      createdOn: '7',
    });
  });

  it('lets the name of the request win', () => {
    expect(parseManifest(text(), 'other').workflow.workflowName).toBe('other');
    expect(parseManifest(text({}, { workflowName: undefined }), 'other').workflow.workflowName).toBe('other');
    expect(parseManifest(text({}, { workflowName: 'my workflow/../x' }), 'other').workflow.workflowName).toBe('other');
  });

  it.each([
    ['no JSON', '{"createdOn": ', 'manifestMalformed'],
    ['nothing', '', 'manifestMalformed'],
    ['a date of more than 1024 characters', text({ createdOn: 'x'.repeat(1_025) }), 'manifestFieldInvalid'],
    ['a path of more than 1024 characters', text({}, { specFile: 'x'.repeat(1_025) }), 'manifestFieldInvalid'],
    ['a list', '[]', 'manifestMalformed'],
    ['null', 'null', 'manifestMalformed'],
    ['a text', '"chain"', 'manifestMalformed'],
    ['no workflow', text({ workflow: undefined }), 'manifestWithoutWorkflow'],
    ['a workflow that is null', text({ workflow: null }), 'manifestWithoutWorkflow'],
    ['a workflow that is a list', text({ workflow: [] }), 'manifestWithoutWorkflow'],
    ['no name', text({}, { workflowName: undefined }), 'workflowNameMissing'],
    ['a name that is null', text({}, { workflowName: null }), 'workflowNameMissing'],
    ['no archiver version', text({ archiverVersion: undefined }), 'archiverVersionMissing'],
    ['no creation time', text({ createdOn: undefined }), 'createdOnMissing'],
    ['no spec file', text({}, { specFile: undefined }), 'specFileUndefined'],
    ['a name that no URL could hold', text({}, { workflowName: 'my workflow/../x' }), 'workflowNameInvalid'],
    ['an empty name', text({}, { workflowName: '' }), 'workflowNameInvalid'],
  ])('refuses a manifest with %s', (_what, content, code) => {
    expect(() => parseManifest(content)).toThrow(expect.objectContaining({ code, status: 400 }));
  });

  it.each([
    ['workflow.workflowName', text({}, { workflowName: 5 }), 'is not a string'],
    ['workflow.specFile', text({}, { specFile: ['a'] }), 'is not a string'],
    ['workflow.specFile', text({}, { specFile: '../spec.yaml' }), '"../spec.yaml" is not a path inside the archive'],
    ['workflow.specFile', text({}, { specFile: '/etc/passwd' }), '"/etc/passwd" is not a path inside the archive'],
    ['workflow.handler', text({}, { handler: 5 }), 'is not a string'],
    ['workflow.handler', text({}, { handler: 'a\\b.py' }), '"a\\b.py" is not a path inside the archive'],
    ['createdOn', text({ createdOn: {} }), 'is not a text'],
    ['archiverVersion', text({ archiverVersion: [1] }), 'is not a text'],
  ])('refuses a wrong %s: %s', (field, content, reason) => {
    expect(() => parseManifest(content)).toThrow(
      expect.objectContaining({
        code: 'manifestFieldInvalid',
        message: `WAR-INF/MANIFEST.json: ${field} ${reason}.`,
      }),
    );
  });

  it("tells of several faults the one that TorchServe's validate would find first", () => {
    const order = ['manifestWithoutWorkflow', 'workflowNameMissing', 'archiverVersionMissing', 'createdOnMissing'];
    const broken = [
      {},
      { workflow: {} },
      { workflow: { workflowName: 'chain' } },
      { workflow: { workflowName: 'chain' }, archiverVersion: '1' },
    ];
    broken.forEach((content, i) => {
      expect(() => parseManifest(JSON.stringify(content))).toThrow(expect.objectContaining({ code: order[i] }));
    });
  });
});

describe('isInsidePath', () => {
  it.each(['a', 'a.b', 'a/b/c.py', '..a', 'a..', '.hidden', 'WAR-INF/MANIFEST.json'])('is true for "%s"', (path) => {
    expect(isInsidePath(path)).toBe(true);
  });

  it.each(['', '/', '/a', '..', '../a', 'a/..', 'a/../b', './a', 'a/.', 'a//b', 'a/', 'a\\b', 'C:/a', 'c:a', 'a\0'])(
    'is false for "%s"',
    (path) => {
      expect(isInsidePath(path)).toBe(false);
    },
  );
});
