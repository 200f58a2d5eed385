/** Why Redis cannot be used, in words of our own. */
export interface RedisFault {
  /** Goes on after "Redis at ADDRESS cannot be used: ". */
  readonly reason: string;
  /** What to do, a sentence. */
  readonly remedy: string;
}

const authority = {
  reason: 'its certificate is signed by an authority that is not known here',
  remedy: "Name the file of the authority's certificate in NODE_EXTRA_CA_CERTS.",
};
export const silent: RedisFault = {
  reason: 'it takes connections and does not answer',
  remedy:
    'Look whether Redis listens there, and whether it hangs; where it speaks TLS, the address begins with rediss://.',
};

/** Of a server that does not begin TLS. */
export const silentTls: RedisFault = {
  reason: 'it does not begin TLS',
  remedy: 'Where it speaks none, give its address with redis:// instead of rediss://.',
};

const speaksNoTls: RedisFault = {
  reason: 'it speaks no TLS',
  remedy: 'Give its address with redis:// instead of rediss://.',
};

/** By the code of a connection's error: the system's, or OpenSSL's. */
const byCode: Readonly<Record<string, RedisFault>> = {
  ECONNREFUSED: { reason: 'nothing listens there', remedy: 'Start Redis, or give the address where it listens.' },
  ENOTFOUND: { reason: 'its host name is not known', remedy: 'Look at the host name in the address.' },
  EAI_AGAIN: { reason: 'its host name cannot be looked up now', remedy: 'Look at the name server of this machine.' },
  EHOSTUNREACH: { reason: 'no way leads to its host', remedy: 'Look at the network between here and there.' },
  ENETUNREACH: { reason: 'no way leads to its network', remedy: 'Look at the network between here and there.' },
  ETIMEDOUT: silent,
  ECONNRESET: {
    reason: 'it ends the connection',
    remedy: 'Look at the log of Redis; where it wants TLS, the address begins with rediss://.',
  },
  EPIPE: { reason: 'it ends the connection', remedy: 'Look at the log of Redis.' },
  EPROTO: speaksNoTls,
  // What OpenSSL calls a plain answer differs by its version and by how the answer begins.
  ERR_SSL_PACKET_LENGTH_TOO_LONG: speaksNoTls,
  ERR_SSL_WRONG_VERSION_NUMBER: speaksNoTls,
  SELF_SIGNED_CERT_IN_CHAIN: authority,
  DEPTH_ZERO_SELF_SIGNED_CERT: authority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: authority,
  UNABLE_TO_GET_ISSUER_CERT: authority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: authority,
  CERT_HAS_EXPIRED: { reason: 'its certificate has expired', remedy: 'Give Redis a new certificate.' },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    reason: 'its certificate is for another host name',
    remedy: 'Give the host name that the certificate has.',
  },
};

/** By the first word of an error reply, which is a word of the protocol. */
const byReply: Readonly<Record<string, RedisFault>> = {
  WRONGPASS: {
    reason: 'it does not take this user and password',
    remedy: 'Look at the user and password of the address.',
  },
  NOAUTH: {
    reason: 'it wants a password',
    remedy: 'Give it in the address: redis://user:password@host:port, best by REDIS_URL.',
  },
  LOADING: { reason: 'it still loads its data', remedy: 'Start again when it has loaded them.' },
  READONLY: { reason: 'it is a replica that takes no writes', remedy: 'Give the address of the primary.' },
  MASTERDOWN: { reason: 'it is a replica whose primary is away', remedy: 'Give the address of the primary.' },
  CLUSTERDOWN: { reason: 'its cluster is down', remedy: 'Look at the cluster.' },
  MOVED: { reason: 'it is a node of a cluster', remedy: 'Give the address of a single Redis, or of a proxy.' },
  OOM: { reason: 'it is full', remedy: 'Give it more memory (maxmemory), or unregister workflows.' },
  MISCONF: { reason: 'it cannot write its data to its disk, and takes no writes', remedy: 'Make room on its disk.' },
  NOREPLICAS: { reason: 'it has too few replicas to take writes', remedy: 'Look at its replicas.' },
};

const notPermitted = (namespace: string): RedisFault => ({
  reason: 'its user may not do what is needed',
  remedy: `Give the user all commands but those of @dangerous, INFO, and all keys and channels that begin with {${namespace}}.`,
});

const isReply = (error: object): boolean => 'name' in error && error.name === 'ReplyError';

/** The word by which Redis itself names an error; undefined where the error is none of Redis'. */
export function replyWordOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !isReply(error)) return undefined;
  return error.message.split(' ', 1)[0];
}

function commandOf(error: Error): string | undefined {
  return 'command' in error ? (error.command as { name?: string } | undefined)?.name : undefined;
}

/**
 * What is wrong, by the codes that errors of ioredis and Node carry; never by their texts.
 *
 * @param namespace of the keys that are wanted.
 */
export function redisFaultOf(error: unknown, namespace: string): RedisFault {
  const word = replyWordOf(error);
  if (word !== undefined) {
    if (word === 'ERR' && commandOf(error as Error) === 'select') {
      return { reason: 'it has no such database', remedy: 'Look at the number at the end of the address.' };
    }
    if (word === 'NOPERM') return notPermitted(namespace);
    return byReply[word] ?? { reason: `it refuses with ${word}`, remedy: 'Look at its log.' };
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  if (code !== undefined && byCode[code] !== undefined) return byCode[code];
  return code === undefined ? silent : { reason: `the connection failed with ${code}`, remedy: 'Look at its log.' };
}
