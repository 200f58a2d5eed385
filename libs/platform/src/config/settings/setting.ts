import type { z } from 'zod';

/** One thing that can be set, and every way to set it. The first that is given wins: flag, environment, file, default. */
export interface Setting {
  /** Long flag without dashes; absent where there is none. */
  readonly flag?: string;
  /** Key in TorchServe's `config.properties`; TorchServe's own spelling where TorchServe has it. */
  readonly property?: string;
  /** Environment variable beside `TS_<PROPERTY>`. */
  readonly variable?: string;
  /** For `--help`: what it sets, with unit and default. */
  readonly description: string;
  /** True for a flag that takes no value. */
  readonly isSwitch?: boolean;
  /** True for a flag that may be given several times. */
  readonly isList?: boolean;
  readonly schema: z.ZodType;
}
