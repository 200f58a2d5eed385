import { z } from 'zod';
import { errorAnswer } from './refusal.js';

/** The answer to what is done in the background. */
export const acceptedAnswer = z.object({ operationId: z.string() });

const listedWorkflow = z.object({ workflowName: z.string(), workflowUrl: z.string() });

export const workflowPage = z.object({
  nextPageToken: z.string().optional(),
  workflows: z.array(listedWorkflow),
});

const describedWorkflow = z.object({
  workflowName: z.string(),
  workflowUrl: z.string(),
  minWorkers: z.number(),
  maxWorkers: z.number(),
  batchSize: z.number(),
  maxBatchDelay: z.number(),
  workflowDag: z.string(),
});

/** A list, as TorchServe's; it never has more than one. */
export const describedWorkflows = z.tuple([describedWorkflow], z.unknown());

export const operationAnswer = z.object({
  id: z.string(),
  kind: z.string(),
  state: z.enum(['waiting', 'running', 'succeeded', 'failed']),
  workflow: z.string().optional(),
  steps: z.array(z.object({ name: z.string(), startedAt: z.string(), durationMs: z.number().optional() })),
  error: errorAnswer.optional(),
  createdAt: z.string(),
  startedAt: z.string().optional(),
  finishedAt: z.string().optional(),
  attempts: z.number(),
});

export const versionsOfWorkflow = z.object({
  workflowName: z.string(),
  activeVersion: z.number(),
  versions: z.array(
    z.object({
      version: z.number(),
      state: z.string(),
      workflowUrl: z.string(),
      since: z.string().optional(),
      weight: z.number().optional(),
      shadow: z.number().optional(),
      keptSeconds: z.number().optional(),
    }),
  ),
});

export type VersionsOfWorkflow = z.infer<typeof versionsOfWorkflow>;
export type ListedWorkflow = z.infer<typeof listedWorkflow>;
export type DescribedWorkflow = z.infer<typeof describedWorkflow>;
export type OperationAnswer = z.infer<typeof operationAnswer>;
