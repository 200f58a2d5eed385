import { execFile } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../../../../', import.meta.url));

/** A repository of its own: the tool and the sample copied, what they run as it is. */
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'torchweave-quickstart-'));
  mkdirSync(join(root, 'tools'));
  mkdirSync(join(root, 'samples'));
  cpSync(join(repository, 'tools/quickstart'), join(root, 'tools/quickstart'), { recursive: true });
  cpSync(join(repository, 'samples/digits'), join(root, 'samples/digits'), { recursive: true });
  symlinkSync(join(repository, 'apps'), join(root, 'apps'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

async function quickstart(): Promise<string> {
  const ports = ['--management-port', '0', '--inference-port', '0', '--metrics-port', 'none'];
  const { stdout } = await run(process.execPath, [join(root, 'tools/quickstart/run.mjs'), '--once', ...ports], {
    cwd: root,
  });
  return stdout;
}

const edits = {
  'models/network/digits_network.py':
    "\n\nDigitsNetwork.classify = lambda self, pixels: {'digit': 41, 'probabilities': [0.1] * 10}\n",
  'workflow/digits.py':
    "\n\ndef merge_answers(answers):\n    return {'digit': answers['network']['digit'] + 1, 'confidence': 1}\n",
};

it('serves the sample as it is now, also when an earlier run has registered what it was then', async () => {
  expect(await quickstart()).toMatch(/^Answer: +digit 7,/m);
  for (const [file, text] of Object.entries(edits)) appendFileSync(join(root, 'samples/digits', file), text);
  expect(await quickstart()).toMatch(/^Answer: +digit 42,/m);
}, 120_000);
