import type { Command } from 'commander';
import type { CommandContext } from '../output/command-context.js';
import { addWarCreateCommand } from './war-create.js';
import { addWarExtractCommand } from './war-extract.js';
import { addWarGraphCommand } from './war-graph.js';
import { addWarInspectCommand } from './war-inspect.js';
import { addWarRunCommand } from './war-run.js';
import { addWarValidateCommand } from './war-validate.js';

/** Adds the commands on workflow archives. They need no server. */
export function addWarCommands(program: Command, context: CommandContext): void {
  const war = program.command('war').description('Create, check, run and look into workflow archives (.war).');
  addWarCreateCommand(war, context);
  addWarValidateCommand(war, context);
  addWarRunCommand(war, context);
  addWarInspectCommand(war, context);
  addWarGraphCommand(war, context);
  addWarExtractCommand(war, context);
}
