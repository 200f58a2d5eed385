/** Why a fetch failed: it says no more than that it did, its cause, or one of the causes in that, says why. */
export function fetchFailureReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.message === '') return fetchFailureReason(error.errors[0]);
  return error.cause === undefined ? error.message : fetchFailureReason(error.cause);
}
