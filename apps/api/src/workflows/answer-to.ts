import type { Submission } from '@torchweave/application';
import type { FastifyReply } from 'fastify';
import type { AcceptedAnswer, StatusAnswer } from './workflow-answers.js';

/** Answers what became of a request: its end in a sentence, or 202 with the operation to follow. */
export function answerTo(
  submission: Submission,
  reply: FastifyReply,
  sentence: (workflow: string) => string,
): StatusAnswer | AcceptedAnswer {
  const { operationId } = submission;
  void reply.header('operation-id', operationId);
  if (submission.ended) return { status: sentence(submission.workflow) };
  void reply.status(202).header('location', `/operations/${operationId}`);
  return { status: 'The operation has been accepted.', operationId };
}
