import { TorchweaveError } from '@torchweave/domain';
import { tellableValue, type ModelServerSetting, type Settings } from '@torchweave/platform';
import type { ModelServerKind, ReadModelServer } from './kind.js';
import { local } from './local.js';
import { torchServe } from './torchserve.js';

/** Every kind of model server, as `--model-server` calls it. */
const kinds: ReadonlyMap<string, ModelServerKind> = new Map(Object.entries({ local, torchserve: torchServe }));

const setting = '--model-server';
const forms = (of = [...kinds.values()]): string => of.map(({ form }) => form).join(' or ');

/** What there is where no model server is named. */
const unnamed: ModelServerSetting = { kind: 'local', value: '' };
const namedIn = ({ modelServers }: Settings): readonly ModelServerSetting[] =>
  modelServers.length > 0 ? modelServers : [unnamed];

/** Undefined for one that is of no kind, or not of its kind's form. */
const read = ({ kind, value }: ModelServerSetting): ReadModelServer | undefined => kinds.get(kind)?.read(value);

/** The model servers of the settings, without those that are at fault. */
export const readModelServers = (settings: Settings): readonly ReadModelServer[] =>
  namedIn(settings).flatMap((named) => read(named) ?? []);

export const modelServerFaults = (settings: Settings): readonly TorchweaveError<'configurationInvalid'>[] =>
  namedIn(settings)
    .filter((named) => read(named) === undefined)
    .map(({ kind, value }) => {
      const given = tellableValue(value === '' ? kind : `${kind}=${value}`);
      return new TorchweaveError('configurationInvalid', { setting, value: given, rule: forms() });
    });

/** Whether a model server is a part of the process that worker and gateway share. */
export const hasModelServerInside = (settings: Settings): boolean =>
  namedIn(settings).some(({ kind }) => kinds.get(kind)?.isInside === true);

/** @throws TorchweaveError `configurationInvalid` where worker and gateway are apart and have no model server to meet at. */
export function assertCanMeet(settings: Settings): void {
  const inside = namedIn(settings).find(({ kind }) => kinds.get(kind)?.isInside === true);
  if (inside === undefined) return;
  const value = inside === unnamed ? '' : inside.kind;
  const rule = `${forms([...kinds.values()].filter(({ isInside }) => !isInside))}, at least once`;
  throw new TorchweaveError('configurationInvalid', { setting, value, rule });
}
