import { codeOf } from '@torchweave/kernel';

/** Whether the system has no room for what was to be written, on the disk or for this user. */
export const isDiskFull = (error: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes(codeOf(error));
