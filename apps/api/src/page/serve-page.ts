import { TorchweaveError } from '@torchweave/domain';
import { pagePath, pagePlaces, type PageFile, type PageFiles } from '@torchweave/platform';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Scripts, styles and data come from this server alone, and none of them stands in the page's own text. */
const contentPolicy = [
  ...[
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "connect-src 'self'",
  ],
  ...["base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"],
].join('; ');

const safety = {
  'content-security-policy': contentPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
};

const forever = 'public, max-age=31536000, immutable';

const assets = `${pagePath}/assets/*`;
const pageUrls = [
  pagePath,
  assets,
  ...pagePlaces.flatMap((place) => [`${pagePath}/${place}`, `${pagePath}/${place}/*`]),
];

/** Serves the operator's page: its files, and for the paths of its places the page itself, which reads from the path what to show. */
export function servePage(fastify: FastifyInstance, files: PageFiles): void {
  const fileFor = ({ routeOptions, params }: FastifyRequest): PageFile | undefined =>
    files.get(routeOptions.url === assets ? `assets/${(params as { readonly '*': string })['*']}` : 'index.html');
  const handler = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const file = fileFor(request);
    if (file === undefined) throw new TorchweaveError('resourceNotFound', {});
    return sendFile(request, reply, file);
  };
  void fastify.register((page, _options, done) => {
    // Runs after the hook that has no answer of this server cached.
    page.addHook('onSend', (request, reply, payload, sent) => {
      const file = reply.statusCode === 200 ? fileFor(request) : undefined;
      if (file !== undefined) cacheAs(reply, file.isHashed ? forever : 'no-cache');
      sent(null, payload);
    });
    for (const url of pageUrls) page.route({ method: ['GET', 'HEAD'], url, handler });
    done();
  });
}

/**
 * Leads whoever opens the server's address in a browser to the page; programs are answered there as if it was not. Must be called
 * before whatever refuses what no route takes.
 */
export function leadBrowsers(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', ({ method, url, headers }, reply, done) => {
    const looks = method === 'GET' || method === 'HEAD';
    if (looks && /^\/(?:\?|$)/.test(url) && headers.accept?.includes('text/html') === true) {
      void reply.header('vary', 'accept').redirect(`${pagePath}/`);
    } else done();
  });
}

function sendFile({ headers }: FastifyRequest, reply: FastifyReply, { type, body, gzipped }: PageFile): FastifyReply {
  const isSmall = /\bgzip\b/.test(String(headers['accept-encoding'] ?? ''));
  void reply.headers({ ...safety, 'content-type': type, vary: 'accept-encoding' });
  return isSmall ? reply.header('content-encoding', 'gzip').send(gzipped) : reply.send(body);
}

function cacheAs(reply: FastifyReply, caching: string): void {
  void reply.removeHeader('pragma').removeHeader('expires').header('cache-control', caching);
}
