/** What a TorchServe is started with. A port that is not given is picked among the free ones. */
export interface TorchServeOptions {
  /** The folder of the `.mar` files. */
  readonly modelStore: string;
  /** The folder of the `.war` files; TorchServe takes the model store when it is not given. */
  readonly workflowStore?: string;
  readonly inferencePort?: number;
  readonly managementPort?: number;
  readonly metricsPort?: number;
  readonly grpcInferencePort?: number;
  readonly grpcManagementPort?: number;
  /** Demand `Authorization: Bearer KEY` of every request, `/ping` too. Default false. */
  readonly tokenAuth?: boolean;
  /** Allow POST and DELETE on `/models`. Default true. */
  readonly enableModelApi?: boolean;
  /** Leave out the access, metrics and model logs, which cost half of the throughput. Default false. */
  readonly quietLogs?: boolean;
  /** More lines of the ts-config file; they win over the ones written here. */
  readonly config?: Readonly<Record<string, string>>;
  /** How long it may take until `/ping` answers 200. Default 60,000 ms; some 8 s is usual. */
  readonly startTimeoutMs?: number;
}
