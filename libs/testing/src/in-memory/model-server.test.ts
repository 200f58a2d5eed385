import type { NodeInput } from '@torchweave/domain';
import { setTimeout as after } from 'node:timers/promises';
import { describeModelInference, type Behaviour } from '../port-conformance/model-inference.js';
import {
  describeModelRepository,
  registrationOf,
  type ManagedBehaviour,
} from '../port-conformance/model-repository.js';
import { InMemoryModelServer, type ModelLoader } from './model-server.js';

let loaded = 0;
const body = ([field]: NodeInput): Buffer => Buffer.from(field?.value ?? []);
const sum = (bytes: Uint8Array): number => bytes.reduce((total, byte) => total + byte, 0);

const models: Readonly<Record<Exclude<Behaviour | ManagedBehaviour, 'absent'>, ModelLoader>> = {
  upper: () => (input) => Buffer.from(body(input).toString().toUpperCase()),
  reverse: () => (input) => body(input).reverse(),
  instance: () => {
    const own = String((loaded += 1));
    return () => Buffer.from(own);
  },
  broken: () => {
    throw new Error('broken');
  },
  echo: () => (input) => body(input),
  slow: () => async (input) => {
    await after(Number(body(input)) * 1_000);
    return Buffer.from('done');
  },
  fails: () => () => {
    throw new Error('a secret');
  },
  sizes: () => (input) =>
    Buffer.from(JSON.stringify(Object.fromEntries(input.map(({ name, value }) => [name, [value.length, sum(value)]])))),
};
const server = (): InMemoryModelServer => new InMemoryModelServer('memory', new Map(Object.entries(models)));

describeModelRepository('InMemoryModelServer', () =>
  Promise.resolve({ server: server(), urlOf: (behaviour) => behaviour }),
);

describeModelInference('InMemoryModelServer', () => {
  const inference = server();
  const nameOf = async (behaviour: Behaviour): Promise<string> => {
    await inference.register(registrationOf(behaviour, behaviour));
    return behaviour;
  };
  return Promise.resolve({ inference, nameOf });
});
