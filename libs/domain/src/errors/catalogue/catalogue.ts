import type { CatalogueArea } from './entry.js';
import { accessErrors, type AccessErrors } from './access-errors.js';
import { archiveErrors, type ArchiveErrors } from './archive-errors.js';
import { modelServerErrors, type ModelServerErrors } from './model-server-errors.js';
import { nodeErrors, type NodeErrors } from './node-errors.js';
import { operationErrors, type OperationErrors } from './operation-errors.js';
import { requestErrors, type RequestErrors } from './request-errors.js';
import { sourceErrors, type SourceErrors } from './source-errors.js';
import { startErrors, type StartErrors } from './start-errors.js';
import { systemErrors, type SystemErrors } from './system-errors.js';
import { workflowErrors, type WorkflowErrors } from './workflow-errors.js';

/**
 * The one list of everything that can go wrong, as seen from outside.
 *
 * Each entry maps an error code to the HTTP status and the `type` that TorchServe 0.12 would send (where it has one)
 * and to the sentence a person reads. Sentences are derived from the data, so an error can travel through Redis as
 * `{code, data}` and be told the same way by every process.
 */
export const errorCatalogue: CatalogueArea<ErrorData> = {
  ...requestErrors,
  ...accessErrors,
  ...operationErrors,
  ...sourceErrors,
  ...archiveErrors,
  ...workflowErrors,
  ...nodeErrors,
  ...modelServerErrors,
  ...systemErrors,
  ...startErrors,
};

/** The data that each error carries, by code. */
export interface ErrorData
  extends
    RequestErrors,
    AccessErrors,
    OperationErrors,
    SourceErrors,
    ArchiveErrors,
    WorkflowErrors,
    NodeErrors,
    ModelServerErrors,
    SystemErrors,
    StartErrors {}

/** Every code of the catalogue. */
export type ErrorCode = keyof ErrorData;
