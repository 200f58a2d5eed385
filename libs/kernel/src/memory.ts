/** bytes; less is left to the garbage collector. */
export const smallestReleased = 65_536;

/** Nobody receives from it: what it is sent is gone. */
const nowhere = new MessageChannel().port1;
nowhere.close();

/**
 * How to give back the memory of a large value at once; undefined for one that is too small to be worth it, or
 * that fills less than half of its memory.
 *
 * The garbage collector would come to it too, but V8 runs whole collections for every few megabytes outside of its heap. The
 * value must own its memory, and whoever releases it must know that nobody reads it any more, the system included. To
 * JavaScript every view of it is empty from then on.
 */
export function releaseOf({ buffer, byteLength }: Uint8Array): (() => void) | undefined {
  if (buffer.byteLength < smallestReleased || !(buffer instanceof ArrayBuffer)) return undefined;
  // Node cuts values of less than half of `Buffer.poolSize` from memory that they share; the size differs by version.
  if (byteLength < buffer.byteLength / 2) return undefined;
  // What is transferred is not the sender's any more (HTML, 2.7.3). `ArrayBuffer.prototype.transfer` comes with Node 22.
  // Some versions of Node throw for one that is gone already.
  return () => void (buffer.byteLength > 0 && nowhere.postMessage(null, [buffer]));
}
