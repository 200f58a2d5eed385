import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const root = fileURLToPath(new URL('../../../', import.meta.url));
const manifestAt = (place: string): Manifest =>
  JSON.parse(readFileSync(join(root, place, 'package.json'), 'utf8')) as Manifest;
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: object };
const places = Object.keys(lock.packages).filter((place) => !/node_modules|stand-ins/.test(place));
const { version } = manifestAt('');

describe("the root's version", () => {
  it('is the one of every package, whose manifests the programs read', () => {
    expect(places.length).toBeGreaterThan(20);
    const others = places.map(manifestAt).filter((manifest) => manifest.version !== version);
    expect(others.map(({ name }) => name)).toEqual([]);
  });

  it('is the one that they need of each other', () => {
    const ours = new Set(places.map((place) => manifestAt(place).name));
    const needs = places.flatMap((place) => {
      const { name, dependencies, devDependencies } = manifestAt(place);
      return Object.entries({ ...dependencies, ...devDependencies })
        .filter(([needed, range]) => ours.has(needed) && range !== version)
        .map(([needed]) => `${name} -> ${needed}`);
    });
    expect(needs).toEqual([]);
  });

  it('heads the changelog', () => {
    const changelog = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
    expect(/^## (.*)$/m.exec(changelog)?.[1]).toBe(version);
  });
});
