import { connect, type Socket } from 'node:net';
import { AnswerDecoder, type Answer } from '../protocol/answer-frame.js';

/**
 * What all connections are read into: the decoder takes what it needs before the next one is read. A buffer for each
 * read, as sockets have it by default, keeps the garbage collector busy with large answers.
 */
const readBuffer = Buffer.allocUnsafeSlow(262_144);

/** Connects to the socket that the supervisor has bound for a process. */
export function connectToProcess(path: string, onAnswer: (answer: Answer) => void, onClose: () => void): Socket {
  const decoder = new AnswerDecoder(onAnswer);
  const socket = connect({
    path,
    onread: {
      buffer: readBuffer,
      callback: (bytes) => {
        try {
          decoder.push(readBuffer.subarray(0, bytes));
        } catch (error) {
          // A function has written to the connection of its process: the process is lost, no more.
          socket.destroy(error instanceof Error ? error : undefined);
        }
        return true;
      },
    },
  });
  // 'close' follows and says enough.
  socket.on('error', () => undefined);
  socket.on('close', onClose);
  return socket;
}
