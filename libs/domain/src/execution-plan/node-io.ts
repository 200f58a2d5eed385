/** One named field of a node's input, as TorchServe's request parameters: name, content type and bytes. */
export interface InputField {
  readonly name: string;
  readonly value: Uint8Array;
  /** Decides what a function or handler sees: JSON, text (`str`) or, where absent or anything else, a bytearray. */
  readonly contentType?: string;
}

/** What a node receives: the client's request for the first node, its parents' outputs for every other. */
export type NodeInput = readonly InputField[];

/** What a node answered. */
export interface NodeOutput {
  readonly value: Uint8Array;
  readonly contentType?: string;
  /** Headers that a function set with `context.set_response_header`, lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
  /** ms that the input waited before the node began to work on it, where that is known. */
  readonly waitedMs?: number;
  /** The model server that answered, by its name; set by whoever has chosen it. */
  place?: string;
  /** Gives the memory of `value` back at once, when nobody reads it any more; absent where others share it. */
  readonly release?: (() => void) | undefined;
}
