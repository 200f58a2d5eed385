import { text, textLike, wholeNumber } from '../setting-values.js';

// Each bound is what a timer, a buffer or the system can keep, or far beyond what anybody needs.
export const port = wholeNumber(0, 65_535);
export const bytes = wholeNumber(1, 1_099_511_627_776, ' of bytes');
/** What is held in memory in one piece. */
export const bytesInMemory = wholeNumber(1, 2_147_483_647, ' of bytes');
export const milliseconds = wholeNumber(1, 2_000_000_000, ' of ms');
/** ms that a lease or a lock may have: what renews it takes some itself. */
export const leaseMilliseconds = wholeNumber(100, 2_000_000_000, ' of ms');
export const seconds = wholeNumber(1, 2_000_000, ' of s');
export const count = wholeNumber(1, 1_000_000);
export const path = text('a path');
export const headerText = textLike(/^[\x20-\x7e]*$/, 'visible characters alone').default('');
