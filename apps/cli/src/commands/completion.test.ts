import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { runCommand } from '../../test/integration/support/run-command.js';
import { Readable, Writable } from 'node:stream';
import { CommandContext } from '../output/command-context.js';
import { createProgram } from '../run-cli.js';
import { describeTree } from './completion-tree.js';

const streams = { stdin: Readable.from([]), stdout: new Writable(), stderr: new Writable() };
const tree = describeTree(createProgram(new CommandContext({}, streams)));

async function scriptFor(shell: string): Promise<string> {
  const { code, stdout } = await runCommand(['completion', shell]);
  expect(code).toBe(0);
  return stdout;
}

/** What bash would offer with the cursor at the end of the words. */
async function bashOffers(...words: string[]): Promise<string[]> {
  const run = `COMP_WORDS=(torchweave "$@"); COMP_CWORD=$#; _torchweave; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const output = execFileSync('bash', ['-c', `${await scriptFor('bash')}\n${run}`, 'bash', ...words]);
  return output
    .toString()
    .split('\n')
    .filter((line) => line !== '');
}

describe('the command tree', () => {
  it('has every command with its flags', () => {
    const paths = tree.map(({ path }) => path.join(' '));
    expect(paths).toEqual(
      expect.arrayContaining(['', 'start', 'war validate', 'mar create', 'workflow predict', 'doctor']),
    );
    const graph = tree.find(({ path }) => path.join(' ') === 'war graph');
    expect(graph?.options.find(({ names }) => names.includes('--format'))?.choices).toEqual([
      'text',
      'mermaid',
      'dot',
      'svg',
    ]);
  });

  it('describes in whole words, without half an aside', () => {
    for (const { description, options } of tree) {
      for (const text of [description, ...options.map((option) => option.description)]) {
        expect(text.split('(').length).toBe(text.split(')').length);
      }
    }
  });

  it('is complete in the script of every shell', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const script = await scriptFor(shell);
      for (const { subcommands, options } of tree) {
        for (const { name } of subcommands) expect(script).toContain(name);
        for (const { names } of options) expect(script).toContain(names[0]?.replace(/^--/, ''));
      }
    }
  });
});

describe('the completion of bash', () => {
  it('offers commands', async () => {
    expect(await bashOffers('w')).toEqual(['worker', 'workflow', 'war']);
    expect(await bashOffers('war', 'in')).toEqual(['inspect']);
  });

  it('offers the flags of the command that is there', async () => {
    expect(await bashOffers('war', 'create', '--sp')).toEqual(['--spec-file']);
    expect(await bashOffers('mar', 'create', '--sp')).toEqual([]);
    expect(await bashOffers('workflow', 'register', 'digits.war', '--as')).toEqual(['--async']);
  });

  it('offers the values of a flag', async () => {
    expect(await bashOffers('war', 'graph', '--format', 'm')).toEqual(['mermaid']);
    expect(await bashOffers('completion', 'z')).toEqual(['zsh']);
  });

  it('offers files where files are taken', async () => {
    expect(await bashOffers('war', 'validate', 'package.js')).toContain('package.json');
    expect(await bashOffers('war', 'create', '--spec-file', 'package.js')).toContain('package.json');
    expect(await bashOffers('workflow', 'package.js')).toEqual([]);
  });
});

describe('completion', () => {
  it('refuses a shell that it does not know', async () => {
    const { code, stderr } = await runCommand(['completion', 'csh']);
    expect(code).toBe(2);
    expect(stderr).toContain('bash, zsh, fish');
  });
});
