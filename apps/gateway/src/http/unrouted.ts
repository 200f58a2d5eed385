import { inferenceRoutes, unroutedErrorOf } from '@torchweave/platform';

/** The answer to a request that no route of the inference API takes. */
export const unroutedError = unroutedErrorOf(inferenceRoutes);
