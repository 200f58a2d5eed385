/** How the requests of a workflow are shared out among its versions. Absent, the active one answers all of them. */
export interface Traffic {
  /** Version to its share in per cent; together 100. Empty where there are only copies: the active one answers all requests. */
  readonly weights: Readonly<Record<string, number>>;
  /** The header, in lower case, whose value decides: requests with one value go to one version. */
  readonly stickyBy?: string | undefined;
  /** Version to the share in per cent of the requests of which it gets a copy. What it answers is dropped. */
  readonly shadow?: Readonly<Record<string, number>> | undefined;
  /** What copies are answered is compared with what the clients are. */
  readonly compare?: boolean | undefined;
}

/** Versions that get copies at once. */
const mostShadows = 4;

/** Versions among which requests are shared out, and those that get copies. */
export const versionsIn = ({ weights, shadow = {} }: Traffic): number[] => [
  ...new Set([...Object.keys(weights), ...Object.keys(shadow)].map(Number)),
];

/** Versions that get copies, where the active one answers all requests: it cannot be one of them. */
export const versionsBesideActive = ({ weights, shadow = {} }: Traffic): number[] =>
  Object.keys(weights).length > 0 ? [] : Object.keys(shadow).map(Number);

/** The version that answers every request, where one does. */
export function versionOfAll({ weights }: Traffic): number | undefined {
  const [first, ...others] = Object.entries(weights).filter(([, share]) => share > 0);
  return first === undefined || others.length > 0 ? undefined : Number(first[0]);
}

const isPercentage = (value: number): boolean => Number.isFinite(value) && value >= 0 && value <= 100;

/** What is wrong with it, as the end of a sentence; undefined where nothing is. */
export function trafficFault({ weights, stickyBy, shadow, compare = false }: Traffic): string | undefined {
  const isCopiedOnly = shadow !== undefined && Object.keys(weights).length === 0;
  const fault = isCopiedOnly ? undefined : weightsFault(weights);
  if (fault !== undefined) return fault;
  if (stickyBy !== undefined && !/^[a-z0-9!#$%&'*+.^_`|~-]{1,64}$/.test(stickyBy))
    return 'sticky is the name of a header';
  if (shadow !== undefined) return shadowFault(shadow, weights);
  return compare ? 'without shadow there is nothing to compare' : undefined;
}

function weightsFault(weights: Traffic['weights']): string | undefined {
  const shares = Object.values(weights);
  if (!shares.every(isPercentage)) return 'a share is a number from 0 to 100';
  // Thirds are written as 33.33.
  const sum = shares.reduce((total, share) => total + share, 0);
  if (Math.abs(sum - 100) > 0.1) return `the weights are 100 together, not ${Number(sum.toFixed(2))}`;
  return undefined;
}

function shadowFault(shadow: Readonly<Record<string, number>>, weights: Traffic['weights']): string | undefined {
  const shares = Object.entries(shadow);
  if (shares.length > mostShadows) return `at most ${mostShadows} versions get copies`;
  if (!shares.every(([version]) => /^[1-9]\d{0,8}$/.test(version))) return 'a version is a whole number from 1';
  if (!shares.every(([, share]) => Number.isInteger(share) && isPercentage(share)))
    return 'a share of copies is a whole number from 0 to 100';
  const itself = shares.find(([version]) => (weights[version] ?? 0) > 0);
  return itself === undefined ? undefined : `version ${itself[0]} answers requests itself, and gets no copies of them`;
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

/**
 * The versions that get a copy of a request.
 *
 * @param point a number from 0 to 1 at random, another one each time.
 */
export const versionsToShadow = (shadow: NonNullable<Traffic['shadow']>, point: () => number): number[] =>
  Object.entries(shadow).flatMap(([version, share]) => (point() * 100 < share ? [Number(version)] : []));

/** Where a value lies between 0 and 1: the same value always at the same point, and many of them evenly (FNV-1a, mixed). */
export function pointOf(value: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < value.length; i += 1) hash = Math.imul(hash ^ value.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000;
}
