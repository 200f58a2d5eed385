/** Exit codes of the command, also told by `torchweave --help`. */
export const exitCodes = {
  ok: 0,
  /** Something failed; the sentence on stderr says what. */
  failed: 1,
  /** The command line is not understood. */
  usage: 2,
  /** Ctrl-C, as shells tell it. */
  interrupted: 130,
} as const;
