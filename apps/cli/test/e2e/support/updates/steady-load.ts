import { Agent, request } from 'node:http';

export interface Answered {
  /** 0 where there was no answer. */
  readonly status: number;
  readonly version: string | undefined;
  readonly body: string;
  /** The number of the request, in the order in which they were begun. */
  readonly begun: number;
  readonly durationMs: number;
}

/** Clients that ask one after the other, until they are stopped. */
export class SteadyLoad {
  readonly answers: Answered[] = [];
  private readonly agent: Agent;
  private isOver = false;
  private begun = 0;
  private readonly running: Promise<unknown>;

  constructor(
    private readonly url: string,
    clients: number,
  ) {
    this.agent = new Agent({ keepAlive: true, maxSockets: clients });
    this.running = Promise.all(Array.from({ length: clients }, () => this.askAgainAndAgain()));
  }

  /** Answers to requests that are begun from now on, when there are that many. */
  async more(count: number): Promise<readonly Answered[]> {
    const from = this.begun;
    const enough = this.answers.length + count;
    while (this.answers.length < enough || this.since(from).length < count) await this.ask();
    return this.since(from);
  }

  /** Answers to requests that are begun from now on for that many ms, and until there are `atLeast`. */
  async during(ms: number, atLeast = 0): Promise<readonly Answered[]> {
    const from = this.begun;
    const end = performance.now() + ms;
    while (performance.now() < end || this.since(from).length < atLeast) await this.ask();
    return this.since(from);
  }

  async stop(): Promise<readonly Answered[]> {
    this.isOver = true;
    await this.running;
    this.agent.destroy();
    return this.answers;
  }

  private since(from: number): readonly Answered[] {
    return this.answers.filter(({ begun }) => begun >= from);
  }

  private async askAgainAndAgain(): Promise<void> {
    while (!this.isOver) await this.ask();
  }

  private ask(): Promise<void> {
    return new Promise((resolve) => {
      const options = { method: 'POST', agent: this.agent, headers: { 'content-type': 'text/plain' } };
      const begun = this.begun++;
      const startedAt = performance.now();
      const end = (status: number, version: string | undefined, body: string): void => {
        this.answers.push({ status, version, body, begun, durationMs: performance.now() - startedAt });
        resolve();
      };
      request(this.url, options, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
        response.on('error', (error) => end(0, undefined, error.message));
        response.on('end', () => {
          end(response.statusCode ?? 0, response.headers['torchweave-version']?.toString(), body);
        });
      })
        .on('error', (error) => end(0, undefined, error.message))
        .end('x');
    });
  }
}

export const failedOf = (answers: readonly Answered[]): readonly Answered[] =>
  answers.filter(({ status }) => status !== 200);

/** The percentage of the answers that are of a version. */
export const shareOf = (answers: readonly Answered[], version: string): number =>
  (100 * answers.filter((answer) => answer.version === version).length) / answers.length;
