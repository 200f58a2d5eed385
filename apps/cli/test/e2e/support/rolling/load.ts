import { request } from 'node:http';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipOf } from '../write-archives.js';

export interface LoadedSystem {
  readonly management: string;
  readonly inference: string;
  readonly workflowStore: string;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/**
 * Predictions, registrations and unregistrations without a pause, each of whose answers has one right value: every registration is
 * of an archive of its own, whose workflow answers with a word of its own.
 */
export class Load {
  /** Answers that were not right, and requests that had none. */
  readonly faults: string[] = [];
  readonly done = { predictions: 0, registrations: 0, unregistrations: 0 };
  private isEnding = false;
  private readonly running: Promise<void>[] = [];

  constructor(private readonly system: LoadedSystem) {}

  /** Registers what is predicted all the time, and begins. */
  async start(): Promise<void> {
    await this.register('steady', 'steady');
    this.running.push(this.predictSteadily());
    for (const name of ['first', 'second']) this.running.push(this.comeAndGo(name));
  }

  /** Ends when what is under way has ended. */
  async end(): Promise<void> {
    this.isEnding = true;
    await Promise.all(this.running);
    await this.unregister('steady');
  }

  /** Resolves when every kind of request has been answered some more times. */
  async goOn(times: number): Promise<void> {
    const { predictions, registrations, unregistrations } = this.done;
    const isEnough = (): boolean =>
      this.done.predictions >= predictions + 10 * times &&
      this.done.registrations >= registrations + times &&
      this.done.unregistrations >= unregistrations + times;
    while (!isEnough()) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  private async predictSteadily(): Promise<void> {
    while (!this.isEnding) await this.predict('steady', 200, 'STEADY HELLO');
  }

  private async comeAndGo(name: string): Promise<void> {
    for (let i = 0; !this.isEnding; i += 1) {
      const word = `${name}-${i}`;
      await this.register(name, word);
      // Whichever gateway it is.
      for (let k = 0; k < 4; k += 1) await this.predict(name, 200, `${word} hello`.toUpperCase());
      await this.unregister(name);
      for (let k = 0; k < 2; k += 1) await this.predict(name, 404);
    }
  }

  private async register(name: string, word: string): Promise<void> {
    writeFileSync(join(this.system.workflowStore, `${word}.war`), archiveOf(word));
    const answer = await this.send(`register ${name} as ${word}`, () =>
      call('POST', `${this.system.management}/workflows?url=${word}.war&workflow_name=${name}`),
    );
    this.done.registrations += 1;
    this.expect(`register ${name} as ${word}`, answer, 200);
  }

  private async unregister(name: string): Promise<void> {
    const answer = await this.send(`unregister ${name}`, () =>
      call('DELETE', `${this.system.management}/workflows/${name}`),
    );
    this.done.unregistrations += 1;
    this.expect(`unregister ${name}`, answer, 200);
  }

  private async predict(name: string, status: number, text?: string): Promise<void> {
    const answer = await this.send(`predict ${name}`, () =>
      call('POST', `${this.system.inference}/wfpredict/${name}`, 'hello'),
    );
    this.done.predictions += 1;
    this.expect(`predict ${name}`, answer, status, text);
  }

  private async send(what: string, ask: () => Promise<Answer>): Promise<Answer | undefined> {
    try {
      return await ask();
    } catch (error) {
      this.faults.push(`${what}: ${String(error)}`);
      return undefined;
    }
  }

  private expect(what: string, answer: Answer | undefined, status: number, text?: string): void {
    if (answer === undefined) return;
    if (answer.status === status && (text === undefined || answer.text === text)) return;
    this.faults.push(`${what}: ${answer.status} ${answer.text.slice(0, 400)}, not ${status} ${text ?? ''}`);
  }
}

/** A function before a model: the answer tells which archive it is of, and that both have run. */
function archiveOf(word: string): Buffer {
  const workflow = { workflowName: 'any', specFile: 'spec.yaml', handler: 'handler.py' };
  const handler = [
    'def pre(data, context):',
    '    if data is None: return None',
    '    body = data[0].get("data") or data[0].get("body")',
    `    return ["${word} " + body]`,
  ];
  return zipOf({
    'WAR-INF/MANIFEST.json': JSON.stringify({ createdOn: 'today', archiverVersion: '0.12.0', workflow }),
    'spec.yaml': 'models:\n  up:\n    url: upper.mar\n    min-workers: 1\n    max-workers: 1\ndag:\n  pre: [up]\n',
    'handler.py': `${handler.join('\n')}\n`,
  });
}

/** One request on a connection of its own: a replica that ends closes what is idle. */
function call(method: string, url: string, body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(body) };
    request(url, { method, agent: false, headers }, (response) => {
      const chunks: Buffer[] = [];
      response
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }))
        .on('error', reject);
    })
      .on('error', reject)
      .end(body);
  });
}
