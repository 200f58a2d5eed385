/** A duration as people say it: `12 ms`, `1.4 s`, `3 min`, `2 h`, `5 d`. */
export function duration(ms: number): string {
  if (ms < 10) return `${trimmed(ms, 1)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${trimmed(ms / 1_000, ms < 10_000 ? 1 : 0)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min`;
  if (ms < 86_400_000) return `${Math.floor(ms / 3_600_000)} h`;
  return `${Math.floor(ms / 86_400_000)} d`;
}

/** Bytes in steps of 1,024: `512 B`, `1.4 MiB`. */
export function bytes(size: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = size < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(size) / 10));
  return `${trimmed(size / 1_024 ** step, step === 0 ? 0 : 1)} ${units[step] ?? ''}`;
}

/** A fraction 0..1 in per cent: `0 %`, `0.4 %`, `12 %`; what is there but tiny is never `0 %`. */
export function percent(rate: number): string {
  const value = rate * 100;
  if (value > 0 && value < 0.1) return '<0.1 %';
  return `${trimmed(value, value < 10 ? 1 : 0)} %`;
}

/** Events a second, in at most three digits. */
export function perSecond(rate: number): string {
  if (rate > 0 && rate < 0.1) return '<0.1';
  return rate < 10 ? trimmed(rate, 1) : count(Math.round(rate));
}

/** A whole number with its thousands set apart. */
export const count = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 2 });

function trimmed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
