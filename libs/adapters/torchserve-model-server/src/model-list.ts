import { isJsonObject } from './json.js';

/** One page of `GET /models` (http/messages/ListModelsResponse.java). */
export interface ModelListPage {
  readonly names: readonly string[];
  /** Where the next page begins; undefined on the last one. */
  readonly nextPageToken: string | undefined;
}

/** Reads one page; entries without a name are left out. */
export function parseModelList(body: Buffer): ModelListPage {
  const parsed: unknown = JSON.parse(body.toString('utf8'));
  const models = isJsonObject(parsed) && Array.isArray(parsed['models']) ? parsed['models'].filter(isJsonObject) : [];
  const token = isJsonObject(parsed) ? parsed['nextPageToken'] : undefined;
  return {
    names: models.flatMap(({ modelName }) => (typeof modelName === 'string' ? [modelName] : [])),
    nextPageToken: typeof token === 'string' && /^\d+$/.test(token) ? token : undefined,
  };
}
