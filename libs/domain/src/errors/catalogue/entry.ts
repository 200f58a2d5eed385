/** How an error is told outside. */
interface CatalogueEntry<Data> {
  /** The simple class name that TorchServe puts into an error's `type`. */
  readonly type: string;
  /** HTTP status of the answer, or how to read it from the data. */
  readonly status: number | ((data: Data) => number);
  /** What was wrong, where, and what to do about it. */
  readonly message: (data: Data) => string;
  /** Keys of the data that an error answer carries beside code, type and message. */
  readonly shows?: readonly (keyof Data)[];
}

/** The entries of one area: total over its codes. */
export type CatalogueArea<Area> = { readonly [Code in keyof Area]: CatalogueEntry<Area[Code]> };
