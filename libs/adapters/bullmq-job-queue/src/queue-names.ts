import { jobCatalogue, type JobName } from '@torchweave/application';

/** The BullMQ queue of a job: repeating upkeep never stands in the way of what a client waits for. */
export function queueNameOf(job: JobName): QueueName {
  return 'everyMs' in jobCatalogue[job] ? 'maintenance' : 'operations';
}

export type QueueName = 'operations' | 'maintenance';
export const queueNames: readonly QueueName[] = ['operations', 'maintenance'];

/** Where workers tell the ids of operations that have ended. */
export const endedChannel = (namespace: string): string => `${queuePrefix(namespace)}:ended`;

/** The prefix of BullMQ's keys; the hash tag keeps them in the slot of the state's own keys. */
export const queuePrefix = (namespace: string): string => `{${namespace}}:queue`;
