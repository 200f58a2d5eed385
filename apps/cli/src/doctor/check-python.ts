import { codeOf } from '@torchweave/kernel';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { failure, ok, type Finding } from '@torchweave/composition';

const run = promisify(execFile);

const subject = 'python';
/** What the function runtime's own code needs. */
const oldest = { major: 3, minor: 8 };
const oldestText = `${oldest.major}.${oldest.minor}`;
const timeoutMs = 10_000;

/** Imports what the runtime imports, so that a broken installation shows. */
const script =
  'import os, sys, json, socket, selectors, importlib.util; os.fork; ' +
  'print("%d.%d.%d" % sys.version_info[:3], sys.executable)';

/** Whether there is a Python that can run function nodes. */
export async function checkPython(python: string): Promise<Finding> {
  try {
    const { stdout } = await run(python, ['-c', script], { timeout: timeoutMs });
    const [version = '', executable = python] = stdout.trim().split(/ (.*)/);
    const [major = 0, minor = 0] = version.split('.').map(Number);
    const isNew = major > oldest.major || (major === oldest.major && minor >= oldest.minor);
    if (isNew) return ok(subject, `Python ${version}, ${executable}`);
    return failure(
      subject,
      `${executable} is Python ${version}, which is too old.`,
      `Install Python ${oldestText} or newer, or name another one with --python.`,
    );
  } catch (error) {
    if (['ENOENT', 'EACCES'].includes(codeOf(error))) {
      return failure(
        subject,
        `${python} is not found, or may not be run.`,
        `Install Python ${oldestText} or newer, or name one with --python or TORCHWEAVE_PYTHON.`,
      );
    }
    return failure(subject, `${python} does not run: ${lastLine(error)}`, 'Repair it, or name another with --python.');
  }
}

function lastLine(error: unknown): string {
  const told = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
  return told.split('\n').at(-1) || (error instanceof Error ? error.message : String(error));
}
