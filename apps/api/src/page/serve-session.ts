import type { Session } from '@torchweave/dashboard-contract';
import { TorchweaveError } from '@torchweave/domain';
import { sessionCookie, sessionPath, sessionTokenIn, SignInLimit } from '@torchweave/platform';
import type { HttpAdmission, PageSessions, SignedIn } from '@torchweave/platform';
import { version } from '@torchweave/platform/version';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** bytes of a sign-in: a key, with room to spare. */
const largestSignIn = 4_096;

export interface PageSessionOptions {
  /** Whether the page is for looking alone. */
  readonly isReadOnly: boolean;
  /** What tells this installation from others. */
  readonly installation?: string;
  /** Without it nobody is asked for a key. */
  readonly signIn?: { readonly sessions: PageSessions; readonly admission: HttpAdmission };
}

/** Serves who looks at the page: `GET` says it, `POST` signs in with a key, `DELETE` signs out. */
export function servePageSession(fastify: FastifyInstance, options: PageSessionOptions): void {
  const { signIn } = options;
  const url = sessionPath;
  if (signIn === undefined) {
    const session = sessionOf(options);
    fastify.route({ method: ['GET', 'POST', 'DELETE'], url, handler: () => session });
    return;
  }
  const { sessions, admission } = signIn;
  const limit = new SignInLimit();
  const holderOf = async (token: string | undefined): Promise<SignedIn | undefined> =>
    token === undefined ? undefined : sessions.find(token);
  const assertOwnPage = (request: FastifyRequest): void => {
    if (!admission.isOwnPage(request)) throw new TorchweaveError('foreignSignIn', {});
  };

  fastify.get(url, async (request) =>
    sessionOf(options, admission.isOwnPage(request) ? await holderOf(tokenOf(request)) : undefined),
  );

  fastify.post(url, { bodyLimit: largestSignIn }, async (request, reply) => {
    assertOwnPage(request);
    const key = keyIn(request);
    const outcome = await limit.attempt(request.socket.remoteAddress ?? '', () => sessions.begin(key));
    admission.note(request, outcome);
    if ('refusal' in outcome) throw outcome.refusal;
    void reply.header('set-cookie', sessionCookie(outcome.token, admission.isByTls(request)));
    return sessionOf(options, outcome);
  });

  fastify.delete(url, async (request, reply) => {
    assertOwnPage(request);
    const token = tokenOf(request);
    const holder = await holderOf(token);
    if (holder !== undefined) admission.note(request, holder);
    if (token !== undefined) await sessions.end(token);
    void reply.header('set-cookie', sessionCookie(undefined, admission.isByTls(request)));
    return sessionOf(options);
  });
}

const tokenOf = ({ headers }: FastifyRequest): string | undefined => sessionTokenIn(headers.cookie);

/** Of the body alone: what stands in an address is logged on the way. */
function keyIn({ body, query }: FastifyRequest): string {
  const { key } = body as { readonly key?: unknown };
  if (typeof key !== 'string' || key === '' || 'key' in (query as object))
    throw new TorchweaveError('parameterMissing', { parameter: 'key' });
  return key;
}

function sessionOf({ isReadOnly, installation, signIn }: PageSessionOptions, who?: SignedIn): Session {
  return {
    signInNeeded: signIn !== undefined,
    signedIn: who !== undefined,
    ...(who === undefined ? {} : { permission: who.permission, keyName: who.holder }),
    readOnly: isReadOnly,
    ...(installation === undefined ? {} : { installation }),
    version,
  };
}
