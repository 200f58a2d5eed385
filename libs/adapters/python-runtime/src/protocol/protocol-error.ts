/**
 * A process has sent what none of ours sends: code of an archive has written to its connection. The process is lost, no
 * more.
 */
export class ProtocolError extends Error {
  /** @param what completes "the Python process …"; with nothing in it that the process has chosen. */
  constructor(readonly what: string) {
    super(`the Python process ${what}`);
  }
}
