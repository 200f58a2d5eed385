import { workerBounds } from '@torchweave/domain';
import { z } from 'zod';

/** Characters of an archive's URL: presigned ones have some 2,000. A job is kept for a day, and its workflow as long as it is there. */
export const longestUrl = 8_192;
/** Versions that were active, and are kept beside the active one. */
export const mostKept = 5;
/** ms. */
export const longestWatchMs = 600_000;
/** Characters of the other texts of a payload; what they may be is the domain's to say. */
const longestText = 1_024;

/** Written by 0.1.0, and by this version for an archive that lies behind a URL. */
export const registrationByUrl = z.object({
  url: z.string().max(longestUrl),
  workflowName: z.string().max(longestText).optional(),
  sha256: z.string().max(longestText).optional(),
});
/**
 * Written by this version for an archive that was uploaded: `uploaded` is its sha-256, by which the archive store has it. Never read
 * from a request.
 */
export const registration = registrationByUrl.extend({
  uploaded: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});
/** Written by 0.1.0 and by this version. */
export const unregistration = z.object({ workflow: z.string().max(longestText) });
/** Written by 0.1.0 and by this version. */
export const reconciliation = z.object({});

/** The highest number that a version can have, and the most that a stored count may be. */
const largestCount = 1_000_000_000;
const version = z.int().min(1).max(largestCount);
/** `watchMs` in ms; `maxErrorRate` from 0 to 1; `keep`: versions that were active. */
export const update = z.object({
  workflow: z.string().max(longestText),
  url: z.string().max(longestUrl),
  sha256: z.string().max(longestText).optional(),
  uploaded: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  setDefault: z.boolean().optional(),
  keep: z.int().min(0).max(mostKept).optional(),
  watchMs: z.int().min(0).max(longestWatchMs).optional(),
  maxErrorRate: z.number().min(0).max(1).optional(),
});
export const promotion = z.object({
  workflow: z.string().max(longestText),
  version,
  keep: z.int().min(0).max(mostKept).optional(),
});
const shares = z.record(z.string().regex(/^\d{1,10}$/), z.number());
export const direction = z.object({
  workflow: z.string().max(longestText),
  traffic: z
    .object({
      weights: shares,
      stickyBy: z.string().max(longestText).optional(),
      shadow: shares.optional(),
      compare: z.boolean().optional(),
    })
    .optional(),
});
export const versionRemoval = z.object({ workflow: z.string().max(longestText), version });

/** `node`: one of its model nodes; all of them without. */
export const scaling = z.object({
  workflow: z.string().max(longestText),
  node: z.string().max(longestText).optional(),
  minWorkers: z.int().min(workerBounds.min.least).max(workerBounds.min.most),
  maxWorkers: z.int().min(workerBounds.max.least).max(workerBounds.max.most),
});

export type ScalingPayload = z.infer<typeof scaling>;
export type UpdatePayload = z.infer<typeof update>;
export type PromotionPayload = z.infer<typeof promotion>;
export type DirectionPayload = z.infer<typeof direction>;
export type VersionRemovalPayload = z.infer<typeof versionRemoval>;
export type RegistrationPayload = z.infer<typeof registration>;
export type UnregistrationPayload = z.infer<typeof unregistration>;
