import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const lock = JSON.parse(
  readFileSync(fileURLToPath(new URL('../../../package-lock.json', import.meta.url)), 'utf8'),
) as { packages: Record<string, { hasInstallScript?: boolean; resolved?: string }> };
const packages = Object.entries(lock.packages).map(([place, entry]) => ({
  name: place.replace(/^.*node_modules\//, ''),
  ...entry,
}));

describe('what an install brings', () => {
  it('is known', () => expect(packages.length).toBeGreaterThan(300));

  it('runs the scripts of these packages alone, none of which reports to anybody', () => {
    const withScripts = packages.filter(({ hasInstallScript }) => hasInstallScript === true).map(({ name }) => name);
    // They choose the binary of the platform.
    expect(new Set(withScripts)).toEqual(new Set(['@swc/core', 'msgpackr-extract', 'nx']));
  });

  it('names no host to download from: the registry is whoever installs it chooses', () => {
    expect(packages.filter(({ resolved }) => resolved?.includes('://') === true)).toEqual([]);
  });
});
