/** ms that a timer can wait; one for longer would ring at once. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Calls `expire` when the time is over and a poll for I/O is behind: an answer that has arrived while this process was busy is
 * no late answer. `clearTimeout` ends it until its time is over; `expire` must bear with being called in the poll after that.
 */
export const startDeadline = (ms: number, expire: () => void): NodeJS.Timeout =>
  setTimeout(() => setImmediate(expire), Math.min(ms, longestTimerMs));
