import type { TorchweaveError } from './torchweave-error.js';

/** A place in a file of an archive. */
export interface SourcePlace {
  /** Its path inside the archive. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly column?: number;
}

/** A place as a part of an error's data; nothing where there is none. */
export const placed = (place: SourcePlace | undefined): { readonly place?: SourcePlace } =>
  place === undefined ? {} : { place };

/** Where an archive's own code has raised an error, as far as that tells it. */
export const sourcePlaceOf = ({ data }: TorchweaveError): SourcePlace | undefined =>
  'place' in data ? data.place : undefined;
