import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** ms between two looks for clients that take too long. */
const lookEveryMs = 1_000;

/** The last answer that was begun on each connection, and an end to those that their clients do not take. */
export class OpenAnswers {
  private readonly latest = new Map<Socket, ServerResponse>();
  /** ms by the monotonic clock at which an answer was first seen to wait for its client. */
  private readonly waitsSince = new WeakMap<ServerResponse, number>();

  /** Answers that never end by themselves: whoever sends them sees to it that they are received. */
  private readonly spared = new WeakSet<ServerResponse>();

  /** @param sendTimeout ms that a client may take to receive an answer, from when it is there. */
  constructor(private readonly sendTimeout: number) {}

  /** Follows the server's requests until it is closed. */
  watch(server: Server): void {
    const note = ({ socket }: { readonly socket: Socket }, answer: ServerResponse): void => {
      if (!this.latest.has(socket)) socket.once('close', () => this.latest.delete(socket));
      this.latest.set(socket, answer);
    };
    // What Node hands to other events has an answer, too.
    for (const event of ['request', 'checkExpectation']) server.prependListener(event, note);
    const looking = setInterval(() => this.endSlow(), Math.min(lookEveryMs, this.sendTimeout)).unref();
    server.once('close', () => clearInterval(looking));
  }

  /** The last answer that was begun on the connection. */
  on(socket: Socket): ServerResponse | undefined {
    return this.latest.get(socket);
  }

  /** Leaves the end of an answer to whoever sends it. */
  spare(answer: ServerResponse): void {
    this.spared.add(answer);
  }

  private endSlow(): void {
    const now = performance.now();
    for (const [socket, answer] of this.latest) {
      if (!answer.headersSent || answer.writableFinished || this.spared.has(answer)) continue;
      const since = this.waitsSince.get(answer);
      if (since === undefined) this.waitsSince.set(answer, now);
      // Its close frees the place of its request.
      else if (now - since >= this.sendTimeout) socket.destroy();
    }
  }
}
