import { releaseOf, smallestReleased } from '@torchweave/kernel';
import type { FastifyInstance } from 'fastify';

/**
 * Gives back the memory of the pieces in which a large body arrives, once the framework has put them together.
 *
 * @param maxBytes what is larger is refused, and nothing of it kept.
 */
export function releasePieces(server: FastifyInstance, maxBytes: number): void {
  server.addHook('preParsing', (request, _reply, payload, done) => {
    const bytes = Number(request.headers['content-length'] ?? maxBytes);
    if (bytes > smallestReleased && bytes <= maxBytes) {
      const pieces: Buffer[] = [];
      let left = maxBytes;
      payload.on('data', (piece: Buffer) => {
        left -= piece.length;
        if (left >= 0) pieces.push(piece);
        else pieces.length = 0;
      });
      // The framework copies them when it is told the end, which it is after this.
      payload.once('end', () => process.nextTick(release, pieces));
    }
    done();
  });
}

function release(pieces: readonly Buffer[]): void {
  for (const piece of pieces) {
    // Node gives each its own memory, and promises that nowhere.
    if (piece.byteLength === piece.buffer.byteLength) releaseOf(piece)?.();
  }
}
