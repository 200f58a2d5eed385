import type { Memory } from '../proc-stats.js';
import type { Figure } from '../statistics.js';

/** Three digits that mean something, thousands apart; a dash for what was not measured. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const digits = Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  const text = value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return /^-[0.]+$/.test(text) ? text.slice(1) : text;
}

/** The median, with the smallest and the largest where there are several samples. */
export function formatFigure({ median, min, max, samples }: Figure): string {
  return samples < 2 ? formatNumber(median) : `${formatNumber(median)} (${formatNumber(min)} to ${formatNumber(max)})`;
}

/** Resident and proportional, in MB. */
export function formatMemory({ resident, proportional }: Memory): string {
  return `${formatNumber(resident / 1e6)} / ${formatNumber(proportional / 1e6)}`;
}

/** How many times. */
export function formatRatio(value: number): string {
  return Number.isFinite(value) ? `${formatNumber(value)}x` : '-';
}
