import type { FastifyServerOptions } from 'fastify';
import type { ErrorAnswers } from './error-answers.js';
import type { HttpAdmission } from './http-admission.js';
import { requestIdOf } from './request-id.js';

/** Characters; longer than any name that can be registered, so that a long one is told as missing. */
const longestName = 65_536;

/** What the Fastify of every API is created with: TorchServe's reading of paths, our request ids and errors. */
export const serverOptions = (
  maxRequestSize: number,
  errors: ErrorAnswers,
  admission: HttpAdmission | undefined,
): FastifyServerOptions => ({
  bodyLimit: maxRequestSize,
  routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, maxParamLength: longestName },
  genReqId: (request) => requestIdOf(request.headers),
  frameworkErrors: (error, request, reply) => errors.answer(admission?.refusalOf(request) ?? error, request, reply),
  exposeHeadRoutes: false,
  ...admission?.serverOptions,
});
