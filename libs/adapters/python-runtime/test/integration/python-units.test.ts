import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it('the unit tests of the Python side pass', async () => {
  const cwd = fileURLToPath(new URL('../../python', import.meta.url));
  const { stderr } = await promisify(execFile)(
    'python3',
    ['-B', '-m', 'unittest', 'discover', '-s', 'tests', '-t', '.'],
    { cwd },
  );
  expect(stderr).toMatch(/^OK$/m);
});
