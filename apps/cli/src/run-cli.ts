import { isTorchweaveError, toTorchweaveError } from '@torchweave/domain';
import { Command, CommanderError } from 'commander';
import { addPackingCommands } from './commands/packing.js';
import { addServerCommands } from './commands/servers.js';
import type { Environment } from './environment.js';
import { exitCodes } from './exit-codes.js';

function createProgram(environment: Environment): Command {
  const program = new Command('torchweave')
    .description('Serves TorchServe workflow archives: management API, registration worker and inference gateway.')
    .version('0.1.0')
    .showHelpAfterError('(torchweave --help tells more)')
    .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 command line not understood.')
    // A flag belongs to the command that it follows: `mar create --version 1.0` is no question for ours.
    .enablePositionalOptions()
    .exitOverride();
  addServerCommands(program, environment);
  addPackingCommands(program);
  return program;
}

/** Runs one command line and tells the exit code. A failure is one sentence on stderr, never a stack trace. */
export async function runCli(args: readonly string[], environment: Environment): Promise<number> {
  try {
    await createProgram(environment).parseAsync(args, { from: 'user' });
    return exitCodes.ok;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    const error = toTorchweaveError(thrown);
    const sentence = isTorchweaveError(error, 'internal') ? error.data.reason : error.message;
    const reason = isTorchweaveError(error, 'stateUnavailable') ? ` (${error.data.reason})` : '';
    process.stderr.write(`torchweave: ${sentence}${reason}\n`);
    return exitCodes.failed;
  }
}
