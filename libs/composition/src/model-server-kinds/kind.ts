import type { Logger, ModelServer } from '@torchweave/application';
import type { Unpack } from '@torchweave/archive-format';
import type { Settings } from '@torchweave/platform';
import type { ProcessStatus, PythonOptions } from '@torchweave/python-runtime';
import type { Finding } from '../doctor/finding.js';
import type { Probe } from '../doctor/probe.js';
import type { ModelServerName } from '../named-model-servers.js';

/** A kind of model server: all that is said of it beside its adapter. */
export interface ModelServerKind {
  /** As `--model-server` names it. */
  readonly form: string;
  /** Whether it is a part of this process, which must have worker and gateway then; it begins empty with it. */
  readonly isInside: boolean;
  /** @param value what stands behind `kind=`, empty where nothing does. @returns undefined for one of another form. */
  read(value: string): ReadModelServer | undefined;
}

/** One model server as the settings name it. */
export interface ReadModelServer {
  /** @param place among all that are named, from 1. */
  create(parts: ModelServerParts, place: number): CreatedModelServer;
  /** Looks whether it is there and can be worked with; changes nothing. */
  check(settings: Settings, probe: Probe): Promise<readonly Finding[]>;
}

/** What model servers are built from: the same object for all of an installation. */
export interface ModelServerParts {
  readonly settings: Settings;
  /** Where archives are taken apart. */
  readonly unpack: Unpack;
  readonly python: PythonOptions;
  readonly logger: Logger;
}

/** A model server, or a name that stands for any number of them. */
type CreatedModelServer = { readonly server: ModelServerHere } | { readonly name: ModelServerName };

/** A model server, with the processes that it has beside this one, for metrics. */
export type ModelServerHere = ModelServer & { readonly processes?: readonly NamedProcesses[] };

/** Python processes, and what they are of. */
export type NamedProcesses = ProcessStatus & { readonly name: string };

/** Made once for all model servers of an installation. */
export function oncePerInstallation<Shared>(make: (parts: ModelServerParts) => Shared): typeof make {
  const made = new WeakMap<ModelServerParts, { readonly shared: Shared }>();
  return (parts) => {
    const { shared } = made.get(parts) ?? { shared: make(parts) };
    made.set(parts, { shared });
    return shared;
  };
}
