import { connect, type Socket } from 'node:net';
import { AnswerDecoder, type Answer } from '../protocol/answer-frame.js';
import { ProtocolError } from '../protocol/protocol-error.js';

/** Whoever hears from a process. */
export interface ConnectionUser {
  /** A connection could not be made, or broke. */
  failed(error: Error): void;
  receive(answer: Answer): void;
  /** Nothing can be sent any more; answers may still come. */
  broken(): void;
  /** Every answer that the process has sent is received, and there will be no more. */
  closed(): void;
  /** The process has sent what is no answer to what it was sent. Nothing that it sends is taken any more. */
  violated(error: ProtocolError): void;
}

/**
 * What all processes' answers are read into: the decoder takes what it needs before the next one is read. A buffer for
 * each read, as sockets have it by default, keeps the garbage collector busy with large answers.
 */
const readBuffer = Buffer.allocUnsafeSlow(262_144);

/**
 * The two connections to a process, for requests and for answers.
 *
 * With one for both, a write to a process that has just ended would close it before its last answers are read, and the
 * wrong call would be blamed for the end.
 */
export class ProcessConnection {
  private readonly requests: Socket;
  private readonly answers: Socket;
  private corked = false;
  private lost = false;

  /**
   * Connects to the socket that the supervisor has bound for the process. The process takes requests first.
   *
   * @param mostBytes of the answer that may come now.
   */
  constructor(
    path: string,
    mostBytes: () => number,
    private readonly user: ConnectionUser,
  ) {
    this.requests = connect({ path });
    this.answers = this.receiveAnswers(path, mostBytes);
    // 'close' follows an error.
    this.requests.on('error', (error) => user.failed(error)).on('close', () => user.broken());
    // Read, so that its end is seen.
    this.requests.on('data', () => this.violated(new ProtocolError('wrote to the connection of its requests')));
    this.answers
      .on('error', (error) => user.failed(error))
      .on('close', () => {
        this.requests.destroy();
        user.closed();
      });
  }

  /**
   * Sends; what is sent in one turn of the event loop leaves in one system call, also when it comes from several requests
   * that were read in that turn.
   *
   * @param onSent called when the system has taken all of it.
   */
  send(chunks: readonly Buffer[], onSent?: () => void): void {
    if (!this.corked) {
      this.corked = true;
      this.requests.cork();
      setImmediate(this.uncork);
    }
    const last = chunks.length - 1;
    for (let i = 0; i < last; i += 1) this.requests.write(chunks[i] as Buffer);
    if (last >= 0) this.requests.write(chunks[last] as Buffer, onSent);
  }

  /** Tells the process that there will be no more requests. */
  end(): void {
    this.requests.end();
  }

  destroy(): void {
    this.requests.destroy();
    this.answers.destroy();
  }

  private receiveAnswers(path: string, mostBytes: () => number): Socket {
    const decoder = new AnswerDecoder(mostBytes, (answer) => this.user.receive(answer));
    const callback = (bytes: number): boolean => {
      if (this.lost) return false;
      try {
        decoder.push(readBuffer.subarray(0, bytes));
      } catch (error) {
        // Not what it sent, but what became of it: then, too, nobody knows what the next bytes are.
        this.violated(error instanceof ProtocolError ? error : new ProtocolError('could not be understood'));
      }
      return true;
    };
    return connect({ path, onread: { buffer: readBuffer, callback } });
  }

  private violated(error: ProtocolError): void {
    if (this.lost) return;
    this.lost = true;
    this.destroy();
    this.user.violated(error);
  }

  private readonly uncork = (): void => {
    this.corked = false;
    this.requests.uncork();
  };
}
