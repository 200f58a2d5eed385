import { ValidationPipe, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type {
  AuditTrail,
  IdempotentRequests,
  InspectWorkflow,
  KeptRequests,
  Logger,
  VersionManagement,
  WorkflowManagement,
} from '@torchweave/application';
import {
  ErrorAnswers,
  followTorchServe,
  observeHttp,
  serveKeyRenewal,
  serverOptions,
  sessionPath,
} from '@torchweave/platform';
import type { HttpAdmission, Monitoring, PageFiles } from '@torchweave/platform';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { BullMqJobQueue } from '@torchweave/bullmq-job-queue';
import { ApiModule } from './api.module.js';
import { serveQueueBoard } from './board/queue-board.js';
import { leadBrowsers, servePage } from './page/serve-page.js';
import { servePageSession, type PageSessionOptions } from './page/serve-session.js';
import { hasArchive, readArchiveBodies } from './http/archive-bodies.js';
import { ChangeRequests } from './http/change-requests.js';
import { ErrorFilter } from './http/error-filter.js';
import type { ChangesUnderWay } from './http/traced-changes.js';
import { unroutedError } from './http/unrouted.js';
import { readParameterBodies } from './http/parameter-bodies.js';
import { validationError } from './http/validation-error.js';
import type { EventStreams } from './observation/event-streams.js';
import { serveEvents } from './observation/serve-events.js';
import { serveAudit } from './audit/serve-audit.js';
import { serveTry, type TryOptions } from './observation/serve-try.js';
import { serveObservation, type ObservationOptions } from './observation/serve-observation.js';
import { serveRequests } from './observation/serve-requests.js';
import { createOpenApi } from './openapi/create-openapi.js';

export interface ApiServerOptions {
  readonly management: WorkflowManagement;
  /** Without it, there is nothing to be found of versions. */
  readonly versions?: VersionManagement;
  /** What tells details of a workflow; without it, there are none. */
  readonly inspection?: InspectWorkflow;
  /** What knows requests again by their keys; without it, keys count for nothing. */
  readonly idempotent?: IdempotentRequests;
  readonly logger: Logger;
  /** bytes. */
  readonly maxRequestSize: number;
  /** Who gets in, and how much at once; without it, everybody and everything. */
  readonly admission?: HttpAdmission;
  /** Where requests are counted; nowhere without it. */
  readonly registry?: Monitoring['registry'];
  /** Who has changes traced; without it, nobody does. */
  readonly changes?: Pick<ChangesUnderWay, 'observe'> | undefined;
  /** What the queue board shows; there is none without them. */
  readonly queues?: BullMqJobQueue['queues'];
  /** What the operator's page reads; there is none of it without. */
  readonly observed?: Omit<ObservationOptions, 'management'> & { readonly streams: EventStreams } & TryOptions;
  /** Predictions that are kept; without it, none are. */
  readonly requests?: KeptRequests | undefined;
  /** Where it is kept who did what; without it, it is told to the log alone. */
  readonly audit?: AuditTrail | undefined;
  /** The operator's page; there is none without it. */
  readonly page?: PageSessionOptions & { readonly files: PageFiles };
}

/** The management API as a Nest application that does not listen yet. */
export async function createApiServer(options: ApiServerOptions): Promise<NestFastifyApplication> {
  const errors = new ErrorAnswers(options);
  const { admission, management, versions, inspection, idempotent } = options;
  const callerOf = (request: FastifyRequest): string | undefined => admission?.holderOf(request);
  const changes = new ChangeRequests({ management, idempotent, callerOf });
  const adapter = new FastifyAdapter(serverOptions(options.maxRequestSize, errors, admission));
  const app = await NestFactory.create<NestFastifyApplication>(
    ApiModule.on({ management, versions, inspection, changes, audit: options.audit }),
    adapter,
    {
      logger: false,
      bodyParser: false,
    },
  );
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  if (options.page !== undefined) leadBrowsers(fastify);
  admission?.guard(fastify, errors);
  admission?.refuseUnrouted(fastify, errors, unroutedError);
  if (options.audit !== undefined) admission?.keepAudit(options.audit);
  admission?.auditChanges(fastify);
  // Whoever changes something waits for its end, unless told not to.
  admission?.limit(
    fastify,
    errors,
    ({ method, routeOptions }) => ['POST', 'PUT', 'DELETE'].includes(method) && routeOptions.url !== sessionPath,
  );
  admission?.limitBodies(fastify, options.maxRequestSize, hasArchive);
  followTorchServe(fastify);
  options.changes?.observe(fastify);
  if (options.registry !== undefined) observeHttp(fastify, options.registry);
  readParameterBodies(fastify);
  readArchiveBodies(fastify, options.maxRequestSize);
  app.useGlobalFilters(new ErrorFilter(errors, options.maxRequestSize));
  app.useGlobalPipes(new ValidationPipe({ transform: true, exceptionFactory: validationError }));
  serveOpenApi(app, fastify, admission?.keys !== undefined);
  if (admission?.keys !== undefined) serveKeyRenewal(fastify, admission.keys, options.logger);
  const { page, queues, observed, requests } = options;
  if (queues !== undefined) serveQueueBoard(fastify, queues, { isReadOnly: page?.isReadOnly === true });
  if (page !== undefined) {
    servePage(fastify, page.files);
    servePageSession(fastify, page);
  }
  if (observed !== undefined) {
    serveObservation(fastify, { ...observed, management });
    serveTry(fastify, observed);
    serveEvents(fastify, { streams: observed.streams, spare: (answer) => admission?.spare(answer) });
  }
  if (requests !== undefined) serveRequests(fastify, requests);
  if (options.audit !== undefined) serveAudit(fastify, options.audit);
  await app.init();
  return app;
}

function serveOpenApi(app: INestApplication, fastify: FastifyInstance, hasKeys: boolean): void {
  let document: unknown;
  const answer = (): unknown => (document ??= createOpenApi(app, hasKeys));
  fastify.route({ method: 'OPTIONS', url: '/', handler: answer });
  fastify.route({ method: 'GET', url: '/openapi.json', handler: answer });
}
