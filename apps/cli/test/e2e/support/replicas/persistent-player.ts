import { differences, send, type Answer, type Servers } from '../play-step.js';
import type { Step } from '../recordings.js';
import type { Leftovers } from './leftovers.js';

const cutCodes = new Set(['ECONNRESET', 'EPIPE']);

/** Whether the connection was cut off after the request had begun. */
const isCut = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && cutCodes.has(String(error.code));

const expectedStatuses = ({ expect, torchserve }: Step): readonly number[] =>
  [expect?.status ?? torchserve.status].flat();

const changesWorkflows = ({ method, path }: Step): boolean =>
  path.startsWith('/workflows') && (method === 'POST' || method === 'DELETE');

/** Plays steps to processes that die: a request whose connection was cut is sent again, and nothing else is forgiven. */
export class PersistentPlayer {
  /** Requests whose connection was cut. */
  readonly cuts: string[] = [];

  constructor(
    private readonly servers: Servers,
    private readonly leftovers: Leftovers,
  ) {}

  /** What is wrong with the answer. How long it took is not: a replica that is killed is waited for. */
  async play(step: Step): Promise<string[]> {
    const cutsBefore = this.cuts.length;
    const answer = await this.send(step);
    if (this.cuts.length > cutsBefore && wasDoneBefore(step, answer)) return [];
    return differences(step, { ...answer, seconds: 0 }, this.servers.www);
  }

  async send(step: Step): Promise<Answer> {
    for (;;) {
      try {
        return await send(step, this.servers);
      } catch (error) {
        if (!isCut(error)) throw error;
        this.cuts.push(`${step.method} ${step.path}: ${String(error)}`);
        // The operation goes on without its client. Its end is waited for, or it could undo what comes next.
        if (changesWorkflows(step)) await this.leftovers.untilNoOperation();
      }
    }
  }
}

/** Whether the answer says that an earlier request, whose answer was cut off, has done what was asked. */
function wasDoneBefore(step: Step, { status }: Answer): boolean {
  if (!changesWorkflows(step) || !expectedStatuses(step).includes(200)) return false;
  return status === (step.method === 'POST' ? 409 : 404);
}
