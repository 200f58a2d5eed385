import { managementRoutes, unroutedErrorOf } from '@torchweave/platform';

/** The answer to a request that no route of the management API takes. */
export const unroutedError = unroutedErrorOf(managementRoutes);
