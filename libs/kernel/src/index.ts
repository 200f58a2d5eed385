export { Cancellation, type CancellationListener, type CancellationSignal } from './cancellation.js';
export { startDeadline } from './deadline.js';
export { releaseOf, smallestReleased } from './memory.js';
export { SerialTasks } from './serial-tasks.js';
export { codeOf, isOutOfFiles } from './system-errors.js';
export { atMost, within } from './within.js';
