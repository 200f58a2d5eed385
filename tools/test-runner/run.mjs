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
/** Why tests were skipped, and how many for each reason. */
const skipped = new Map();

function skip(reason, tests = 1) {
  total.skipped += tests;
  skipped.set(reason, (skipped.get(reason) ?? 0) + tests);
}

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
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
  total.passed += numPassedTests;
  total.failed += numFailedTests;
  for (const { assertionResults } of testResults) {
    for (const { status, fullName } of assertionResults) {
      // What a test misses stands in its name, or in that of its group.
      if (status !== 'passed' && status !== 'failed')
        skip(/\(skipped: ((?:[^()]|\([^()]*\))+)\)/.exec(fullName)?.[1] ?? fullName);
    }
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
  skip('generated requests to the served API need python3-venv: apt-get install python3-venv');
}

/** Whether there is a Redis for tests: on PATH, or the one that `torchweave start` fetches for itself. */
function hasRedis() {
  const script = `
    const { redisServer } = await import('@torchweave/testing/redis');
    console.log('tests use ' + (await redisServer()));`;
  return run('Redis', process.execPath, ['--input-type=module', '-e', script]);
}

function withRedis(tiers) {
  if (tiers.length === 0) return;
  if (hasRedis()) return tiers.forEach(vitest);
  if (process.env.CI === 'true') total.failed += 1;
  else
    for (const tier of tiers)
      skip(`all ${tier} tests need a Redis: apt-get install redis-server, or python3-pip to fetch one`);
}

const wanted = new Set(process.argv.slice(2));
const wants = (tier) => wanted.size === 0 || wanted.has(tier);

if (wants('check')) {
  check('build', 'npm', ['run', '--silent', 'build']);
  check('typecheck', 'npm', ['run', '--silent', 'typecheck']);
  check('lint', 'npm', ['run', '--silent', 'lint']);
}
if (wants('python')) pythonUnittest('samples/digits');
if (wants('unit')) vitest('unit');
withRedis(['integration', 'e2e'].filter(wants));
if (wants('fuzz')) fuzz();

if (skipped.size > 0) {
  const rows = [...skipped].map(([reason, tests]) => `  ${String(tests).padStart(4)}  ${reason}\n`);
  process.stdout.write(`\nskipped:\n${rows.join('')}`);
}
const { passed, failed } = total;
process.stdout.write(`\n${passed} passed, ${failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}\n`);
process.exitCode = failed === 0 ? 0 : 1;
