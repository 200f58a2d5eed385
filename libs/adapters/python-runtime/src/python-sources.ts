import { fileURLToPath } from 'node:url';

/** The script that starts the supervisor. `src` and `dist` both lie one level below the package, beside `python`. */
export const superviseScript = fileURLToPath(new URL('../python/supervise.py', import.meta.url));
