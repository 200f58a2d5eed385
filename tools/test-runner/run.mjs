// Runs all tiers, one after another, and ends with a line `N passed, N failed[, N skipped]` summed from their reports.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const reports = `${root}test-reports`;
// Old reports go first: after a crash they must not be counted again.
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports);

const total = { passed: 0, failed: 0, skipped: 0 };
const skippedTests = [];

function run(title, command, args) {
  process.stdout.write(`\n== ${title}\n`);
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', env: process.env }).status === 0;
}

/** A step without a report counts as one test. */
function check(title, command, args) {
  if (run(title, command, args)) total.passed += 1;
  else total.failed += 1;
}

function vitest(tier) {
  const report = `${reports}/${tier}.json`;
  const args = ['vitest', 'run', '--project', tier, '--reporter=default', '--reporter=json', `--outputFile=${report}`];
  const succeeded = run(`tests: ${tier}`, 'npx', args);
  if (!existsSync(report)) {
    total.failed += 1;
    return;
  }
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
    readFileSync(report, 'utf8'),
  );
  total.passed += numPassedTests;
  total.failed += numFailedTests;
  total.skipped += numPendingTests + numTodoTests;
  for (const file of testResults) {
    for (const test of file.assertionResults) if (test.status === 'pending') skippedTests.push(test.fullName);
  }
  // A file that fails to load, or an error outside a test, fails no test of its own.
  if (!succeeded && numFailedTests === 0) total.failed += 1;
}

function pythonUnittest(folder) {
  process.stdout.write(`\n== tests: ${folder}\n`);
  const result = spawnSync('python3', ['-m', 'unittest', 'discover', '-s', folder], { cwd: root, encoding: 'utf8' });
  process.stdout.write(`${result.stdout ?? ''}${result.stderr ?? ''}`);
  const ran = Number(/^Ran (\d+) tests?/m.exec(result.stderr ?? '')?.[1] ?? 0);
  const summary = /^FAILED \((.*)\)$/m.exec(result.stderr ?? '')?.[1] ?? '';
  const bad = [...summary.matchAll(/(?:failures|errors)=(\d+)/g)].reduce((sum, match) => sum + Number(match[1]), 0);
  const failed = result.status === 0 && ran > 0 ? 0 : Math.max(1, bad);
  total.failed += failed;
  total.passed += Math.max(0, ran - failed);
}

/** Generated requests to the served API: one test, of which schemathesis lists every operation. */
function fuzz() {
  const installed = spawnSync('python3', ['-c', 'import ensurepip'], { stdio: 'ignore' }).status === 0;
  if (installed || process.env.CI === 'true') {
    check('tests: fuzz', 'tools/schemathesis/run.sh', []);
    return;
  }
  total.skipped += 1;
  skippedTests.push('generated requests to the served API (python3-venv is missing)');
}

const wanted = new Set(process.argv.slice(2));
const wants = (tier) => wanted.size === 0 || wanted.has(tier);

if (wants('check')) {
  check('build', 'npm', ['run', '--silent', 'build']);
  check('typecheck', 'npm', ['run', '--silent', 'typecheck']);
  check('lint', 'npm', ['run', '--silent', 'lint']);
}
if (wants('python')) pythonUnittest('samples/digits');
for (const tier of ['unit', 'integration', 'e2e']) if (wants(tier)) vitest(tier);
if (wants('fuzz')) fuzz();

if (skippedTests.length > 0) process.stdout.write(`\nskipped:\n${skippedTests.map((name) => `  ${name}\n`).join('')}`);
const { passed, failed, skipped } = total;
process.stdout.write(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
process.exitCode = failed === 0 ? 0 : 1;
