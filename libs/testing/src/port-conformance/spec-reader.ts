import type { SpecReader } from '@torchweave/application';
import { inspectSpec } from '@torchweave/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** What every {@link SpecReader} must do. */
export function describeSpecReader(
  name: string,
  create: () => { readonly specs: SpecReader; dispose(): Promise<void> },
): void {
  describe(`${name} as a SpecReader`, () => {
    let specs: SpecReader;
    let dispose: () => Promise<void>;
    beforeAll(() => {
      ({ specs, dispose } = create());
    });
    afterAll(() => dispose());

    it('reads a spec, its graph in the order in which it is written', async () => {
      const reading = await specs.inspect('models: {up: {url: up.mar}}\ndag: {z: [up], up: [a], a: []}', 's.yaml');
      expect(reading).toMatchObject({ spec: { models: [{ name: 'up', url: 'up.mar' }] }, warnings: [] });
      const dag = 'spec' in reading ? reading.spec.dag : new Map();
      expect([...dag]).toEqual([
        ['z', ['up']],
        ['up', ['a']],
        ['a', []],
      ]);
    });

    it.each([
      ['problems', 'dag: 1\n'],
      ['warnings', 'x-common: 1\nmodels: {up: {url: up.mar}}\ndag: {up: []}\n'],
      ['both', 'x-common: 1\nmodels: {up: {}}\ndag: {up: 1}\n'],
      ['what is no YAML', 'a: [\n'],
      ['nothing', ''],
      ['characters beyond ASCII', 'models: {größe: {url: up.mar}}\ndag: {größe: []}\n'],
    ])('tells of %s what the domain tells, with the name of the file', async (_what, text) => {
      const reading = await specs.inspect(text, 'other.yaml');
      expect(reading).toEqual(inspectSpec(text, 'other.yaml'));
      const told = [...('problems' in reading ? reading.problems : []), ...reading.warnings];
      expect(told.filter(({ file }) => file !== 'other.yaml')).toEqual([]);
    });

    it('gives each of many that ask at once the reading of his own', async () => {
      const readings = Array.from({ length: 20 }, (_, i) =>
        specs.inspect(`models: {m${i}: {url: m.mar}}\ndag: {m${i}: []}`, 's.yaml'),
      );
      const names = (await Promise.all(readings)).map((reading) => 'spec' in reading && reading.spec.models[0]?.name);
      expect(names).toEqual(Array.from({ length: 20 }, (_, i) => `m${i}`));
    });
  });
}
