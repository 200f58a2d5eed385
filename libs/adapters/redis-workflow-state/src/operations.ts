/** s that a finished operation is remembered. */
export const operationTtl = 86_400;
/** What stands for the owner of a model while it is being removed begins so; no workflow can have such a name. */
export const removalMark = '(removal)';
/** ms that a reservation waits for the removal of a model of that name, and between two looks. */
export const longestRemovalMs = 15_000;
export const removalPollMs = 50;
