import { version } from '@torchweave/platform/version';
import { Command, CommanderError } from 'commander';
import { addAuditCommand } from './commands/audit.js';
import { addCompletionCommand } from './commands/completion.js';
import { addDevCommand } from './commands/dev.js';
import { addDoctorCommand } from './commands/doctor.js';
import { addMarCommands } from './commands/mar.js';
import { addOperationCommands } from './commands/operation.js';
import { addRequestCommands } from './commands/request.js';
import { addServerCommands } from './commands/servers.js';
import { addWarCommands } from './commands/war.js';
import { addWorkflowCommands } from './commands/workflow.js';
import type { Environment } from './environment.js';
import { exitCodes } from './exit-codes.js';
import { CommandContext } from './output/command-context.js';
import type { Streams } from './output/streams.js';

/** The whole command tree. What a command needs beyond its flags is loaded when it runs: every other one is quick. */
export function createProgram(context: CommandContext): Command {
  const { environment, streams } = context;
  const program = new Command('torchweave')
    .description('Serves TorchServe workflow archives: management API, registration worker and inference gateway.')
    .version(version)
    // Else the --version of `mar create` would be taken for the one of the program.
    .enablePositionalOptions()
    .showHelpAfterError('(torchweave --help tells more)')
    .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 command line not understood, 130 interrupted.')
    .configureOutput({
      writeOut: (text) => void streams.stdout.write(text),
      writeErr: (text) => void streams.stderr.write(text),
    })
    .exitOverride();
  addServerCommands(program, environment);
  addDevCommand(program, context);
  addWorkflowCommands(program, context);
  addOperationCommands(program, context);
  addRequestCommands(program, context);
  addAuditCommand(program, context);
  addWarCommands(program, context);
  addMarCommands(program, context);
  addDoctorCommand(program, context);
  addCompletionCommand(program, context);
  return program;
}

/** Runs one command line and tells the exit code. A failure is one sentence on stderr, never a stack trace. */
export async function runCli(
  args: readonly string[],
  environment: Environment,
  streams: Streams = process,
): Promise<number> {
  const context = new CommandContext(environment, streams);
  try {
    await createProgram(context).parseAsync(args, { from: 'user' });
    return context.exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    return context.tellFailure(thrown);
  }
}
