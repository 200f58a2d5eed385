import { createContext, useContext, useEffect, useState } from 'react';
import { ask, pageApi } from '../api/ask.js';
import { sidebar } from './sections.js';

/** Titles of the pages that this server has no endpoint for. */
export function useMissingPages(): ReadonlySet<string> {
  const [missing, setMissing] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    void Promise.all(
      sidebar.map(async ({ title, needs }) => {
        if (needs === undefined) return undefined;
        const outcome = await ask(pageApi + needs);
        return 'fault' in outcome && outcome.fault.kind === 'missing' ? title : undefined;
      }),
    ).then((titles) => setMissing(new Set(titles.filter((title) => title !== undefined))));
  }, []);
  return missing;
}

const MissingPages = createContext<ReadonlySet<string>>(new Set());

/** Lends what {@link useMissingPages} has found to everything inside. */
export const MissingPagesProvider = MissingPages.Provider;

/** Whether this server keeps requests to be looked at later. */
export const useKeepsRequests = (): boolean => !useContext(MissingPages).has('Requests');
