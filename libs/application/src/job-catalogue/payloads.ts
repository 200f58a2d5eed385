import { z } from 'zod';

/** Characters of an archive's URL: presigned ones have some 2,000. A job is kept for a day, and its workflow as long as it is there. */
export const longestUrl = 8_192;
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

export type RegistrationPayload = z.infer<typeof registration>;
export type UnregistrationPayload = z.infer<typeof unregistration>;
