import { versionOfAll } from '@torchweave/domain';
import type { JobResult } from '../job-catalogue/job-catalogue.js';
import type {
  DirectionPayload,
  PromotionPayload,
  UpdatePayload,
  VersionRemovalPayload,
} from '../job-catalogue/payloads.js';
import type { JobContext } from '../ports/job-queue.js';
import { runSaga } from '../registration/saga/run-saga.js';
import { directionSaga } from './direction-saga.js';
import { promotionSaga } from './promotion-saga.js';
import { restorationSaga } from './restoration-saga.js';
import { orderOf } from './update-order.js';
import { updateSaga, type UpdatePorts } from './update-saga.js';
import { versionRemovalSaga } from './version-removal-saga.js';

type Ended = Promise<JobResult<'register-version'>>;

/**
 * Changes the versions of a workflow, one operation at a time: while one has it, another is refused with the first one's id. A
 * line would hide an operation that is stuck behind those that wait for it.
 */
export class ChangeVersions {
  constructor(private readonly ports: UpdatePorts) {}

  /**
   * Makes the next version, and the active one of it.
   *
   * @throws TorchweaveError of the archive's fault, `workflowNotFound`, `workflowBusy`, `versionsFull`, `modelNameTaken`,
   * `registrationFailed`, `updateRolledBack`; what served before serves then.
   */
  update({ workflow, url, sha256, uploaded, ...order }: UpdatePayload, job: JobContext): Ended {
    job.concerns(workflow);
    const request = { url, sha256, uploaded, workflowName: workflow, order: orderOf(order) };
    return runSaga(updateSaga, this.ports, request, job);
  }

  /**
   * Makes another version the active one: at once where it is kept beside it, else from its archive in the store.
   *
   * @throws TorchweaveError `versionNotFound`, `versionLeaving`, and those of {@link update}.
   */
  async setDefault({ workflow, version, keep }: PromotionPayload, job: JobContext): Ended {
    job.concerns(workflow);
    const order = orderOf(keep === undefined ? {} : { keep });
    const { retired = [], beside = [] } = (await this.ports.versions.list(workflow)) ?? {};
    const isBegun = beside.some(
      ({ record: { definition, operationId } }) => definition.version === version && operationId === job.operationId,
    );
    if (isBegun || retired.some((each) => each.version === version))
      return runSaga(restorationSaga, this.ports, { workflow, version, order }, job);
    return runSaga(promotionSaga, this.ports, { served: { workflow, version }, order }, job);
  }

  /**
   * Shares the requests out among the versions, and copies. One that gets all of them is the active one.
   *
   * @throws TorchweaveError `workflowNotFound`, `workflowBusy`, `versionNotFound`, `versionLeaving`, `versionServes`.
   */
  direct(payload: DirectionPayload, job: JobContext): Ended {
    const { workflow, traffic } = payload;
    job.concerns(workflow);
    const all = traffic === undefined ? undefined : versionOfAll(traffic);
    if (all === undefined) return runSaga(directionSaga, this.ports, payload, job);
    const copied = traffic?.shadow === undefined ? {} : { traffic: { ...traffic, weights: {} } };
    const promotion = { served: { workflow, version: all }, order: { ...orderOf({}), ...copied } };
    return runSaga(promotionSaga, this.ports, promotion, job);
  }

  /** @throws TorchweaveError `workflowNotFound`, `workflowBusy`, `versionNotFound`, `versionServes`, `versionLeaving`. */
  unregister(payload: VersionRemovalPayload, job: JobContext): Ended {
    job.concerns(payload.workflow);
    return runSaga(versionRemovalSaga, this.ports, payload, job);
  }
}
