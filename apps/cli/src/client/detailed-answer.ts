import { z } from 'zod';
import { operationAnswer } from './answers.js';

const modelServer = z.object({ name: z.string(), state: z.string(), readyWorkers: z.number().optional() });

const node = z.object({
  name: z.string(),
  kind: z.string(),
  minWorkers: z.number().optional(),
  maxWorkers: z.number().optional(),
  modelServers: z.array(modelServer).optional(),
});

const version = z.object({
  version: z.number(),
  state: z.string(),
  workflowUrl: z.string(),
  since: z.string().optional(),
  weight: z.number().optional(),
  keptSeconds: z.number().optional(),
  nodes: z.array(node),
  seenSecondsAgo: z.number().optional(),
});

const detailedWorkflow = z.object({
  workflowName: z.string(),
  activeVersion: z.number(),
  updatingOperationId: z.string().optional(),
  versions: z.array(version),
  gateways: z.array(z.object({ id: z.string(), revision: z.number(), isCurrent: z.boolean() })),
  lastOperation: operationAnswer.optional(),
});

/** The answer to `GET /workflows/{name}?detailed=true`; it never has more than one. */
export const detailedWorkflows = z.tuple([detailedWorkflow], z.unknown());

export type DetailedWorkflow = z.infer<typeof detailedWorkflow>;
