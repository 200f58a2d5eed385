import type { Command } from 'commander';
import type { CommandContext } from '../output/command-context.js';
import { addWorkflowPredictCommand } from './workflow-predict.js';
import { addWorkflowReadCommands } from './workflow-read.js';
import { addWorkflowRegisterCommand } from './workflow-register.js';
import { addWorkflowScaleCommand } from './workflow-scale.js';
import { addWorkflowStatusCommand } from './workflow-status.js';
import { addWorkflowUnregisterCommand } from './workflow-unregister.js';
import { addWorkflowVersionCommands } from './workflow-versions.js';

/** Adds the commands on the workflows of a running server. */
export function addWorkflowCommands(program: Command, context: CommandContext): void {
  const workflow = program
    .command('workflow')
    .description('Register, update, list, describe, unregister and run workflows.');
  addWorkflowRegisterCommand(workflow, context);
  addWorkflowReadCommands(workflow, context);
  addWorkflowVersionCommands(workflow, context);
  addWorkflowScaleCommand(workflow, context);
  addWorkflowStatusCommand(workflow, context);
  addWorkflowUnregisterCommand(workflow, context);
  addWorkflowPredictCommand(workflow, context);
}
