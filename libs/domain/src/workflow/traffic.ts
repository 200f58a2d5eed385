/** How the requests of a workflow are shared out among its versions. Absent, the active one answers all of them. */
export interface Traffic {
  /** Version to its share in per cent; together 100. */
  readonly weights: Readonly<Record<string, number>>;
  /** The header, in lower case, whose value decides: requests with one value go to one version. */
  readonly stickyBy?: string | undefined;
}

/** Versions among which requests are shared out. */
export const versionsIn = ({ weights }: Traffic): number[] => Object.keys(weights).map(Number);

/** The version that answers every request, where one does. */
export function versionOfAll({ weights }: Traffic): number | undefined {
  const [first, ...others] = Object.entries(weights).filter(([, share]) => share > 0);
  return first === undefined || others.length > 0 ? undefined : Number(first[0]);
}

const isPercentage = (value: number): boolean => Number.isFinite(value) && value >= 0 && value <= 100;

/** What is wrong with it, as the end of a sentence; undefined where nothing is. */
export function trafficFault({ weights, stickyBy }: Traffic): string | undefined {
  const shares = Object.values(weights);
  if (!shares.every(isPercentage)) return 'a share is a number from 0 to 100';
  // Thirds are written as 33.33.
  const sum = shares.reduce((total, share) => total + share, 0);
  if (Math.abs(sum - 100) > 0.1) return `the weights are 100 together, not ${Number(sum.toFixed(2))}`;
  if (stickyBy !== undefined && !/^[a-z0-9!#$%&'*+.^_`|~-]{1,64}$/.test(stickyBy))
    return 'sticky is the name of a header';
  return undefined;
}

/**
 * The version that answers a request.
 *
 * @param point where the request lies between 0 and 1: at random, or by the hash of what it is to stick to.
 */
export function versionAt(weights: Traffic['weights'], point: number): number {
  let left = point * 100;
  let last = 0;
  for (const [version, share] of Object.entries(weights)) {
    if (share <= 0) continue;
    last = Number(version);
    left -= share;
    if (left < 0) return last;
  }
  return last;
}

/** Where a value lies between 0 and 1: the same value always at the same point, and many of them evenly (FNV-1a, mixed). */
export function pointOf(value: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < value.length; i += 1) hash = Math.imul(hash ^ value.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000;
}
