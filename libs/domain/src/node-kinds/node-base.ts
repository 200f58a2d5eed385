/** What a node of any kind has. Plain data: it is stored as JSON. */
export interface NodeBase {
  readonly name: string;
  /**
   * Of a model: its name on the model servers, `servedModelName`. Of a function: `<workflow>__<node>`, what it sees as
   * `context.model_name`.
   */
  readonly modelName: string;
  readonly parents: readonly string[];
  readonly children: readonly string[];
  readonly retryAttempts: number;
  readonly timeoutMs: number;
}

/** Where a node stands in the graph. */
export type Placement = Pick<NodeBase, 'name' | 'parents' | 'children'>;
