import { Socket } from 'node:net';
import { bytesDescriptor, failureOf, type ArchiveWork, type Report } from './messages.js';

// What runs in the process of its own. Each kind of work loads what it needs: a start takes as long as that.

const report = (message: Report): Promise<void> =>
  new Promise((resolve) => {
    process.send?.(message, () => resolve());
  });

async function fetchInto(out: Socket, { url, source }: Extract<ArchiveWork, { kind: 'fetch' }>): Promise<number> {
  const { createArchiveSource } = await import('@torchweave/archive-source');
  const content = await createArchiveSource(source).open(url, new AbortController().signal);
  await report({ kind: 'opened' });
  let bytes = 0;
  for await (const chunk of content) {
    bytes += chunk.byteLength;
    await new Promise<void>((resolve, reject) => out.write(chunk, (error) => (error ? reject(error) : resolve())));
  }
  return bytes;
}

async function perform(work: ArchiveWork): Promise<unknown> {
  switch (work.kind) {
    case 'fetch': {
      const out = new Socket({ fd: bytesDescriptor, readable: false, writable: true });
      return fetchInto(out, work);
    }
    case 'unpack': {
      const { unpack } = await import('@torchweave/archive-format');
      return unpack(work.packed, work.into, work.limits);
    }
    case 'inspect-spec': {
      const { inspectSpec } = await import('@torchweave/domain');
      return inspectSpec(work.text, work.file);
    }
  }
}

async function answer(work: ArchiveWork): Promise<void> {
  const outcome = await perform(work).then(
    (value): Report => ({ kind: 'done', value }),
    (thrown: unknown): Report => ({ kind: 'failed', failure: failureOf(thrown) }),
  );
  await report(outcome);
  if (work.kind === 'fetch') process.exit(0);
}

process.on('message', (work: ArchiveWork) => void answer(work));
// Nobody is there any more who would want an answer.
process.on('disconnect', () => process.exit(0));
