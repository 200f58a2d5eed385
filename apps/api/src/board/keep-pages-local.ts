import type { FastifyInstance } from 'fastify';

/** Styles stand in the page itself, scripts and everything else come from this server alone. */
const contentPolicy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'";

const foreignLink = /<link\b[^>]*\bhref="https?:\/\/[^>]*>/g;

/** Takes links to other hosts, such as fonts, out of the pages, and has browsers refuse whatever else would leave this server. */
export function keepPagesLocal(fastify: FastifyInstance): void {
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    if (!String(reply.getHeader('content-type')).startsWith('text/html')) return done(null, payload);
    void reply.header('content-security-policy', contentPolicy);
    if (typeof payload !== 'string') return done(null, payload);
    const page = payload.replace(foreignLink, '');
    void reply.header('content-length', Buffer.byteLength(page));
    done(null, page);
  });
}
