import { Readable, Writable } from 'node:stream';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { runCommand } from '../../test/integration/support/run-command.js';
import { CommandContext } from '../output/command-context.js';
import { createProgram } from '../run-cli.js';

const streams = { stdin: Readable.from([]), stdout: new Writable(), stderr: new Writable() };

function leaves(command: Command, path: readonly string[]): string[][] {
  if (command.commands.length === 0) return [[...path]];
  return command.commands.flatMap((child) => leaves(child, [...path, child.name()]));
}

const paths = leaves(createProgram(new CommandContext({}, streams)), []);

describe('--help', () => {
  it.each(paths.map((path) => [path.join(' ')]))('of %s has an example', async (path) => {
    const { code, stdout } = await runCommand([...path.split(' '), '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`Examples?:\n.*torchweave ${path}`, 's'));
  });

  it('of the whole tells the exit codes', async () => {
    expect((await runCommand(['--help'])).stdout).toContain('Exit codes: 0 done, 1 failed, 2 command line');
  });
});

describe('a command line that is not understood', () => {
  it.each([
    ['an unknown command', ['nosuch']],
    ['an unknown flag', ['war', 'inspect', 'a.war', '--nosuch']],
    ['an argument that is missing', ['war', 'inspect']],
    ['a flag that is missing', ['war', 'create', '--workflow-name', 'a']],
    ['a value that is not among the choices', ['war', 'graph', 'a.war', '--format', 'png']],
    ['a group without a command', ['war']],
  ])('ends with 2 for %s', async (_what, args) => {
    const { code, stderr } = await runCommand(args);
    expect(code).toBe(2);
    expect(stderr).not.toBe('');
  });
});
