/** Sessions of the operator's page, shared by all apis. It holds no key, and nothing by which a session could be used. */
export interface SessionStore {
  /**
   * Keeps a session; of too many the one that ends first is forgotten.
   *
   * @param id a digest of what its holder shows.
   * @param proof what ties it to a key.
   */
  put(id: string, proof: string, ttlMs: number): Promise<void>;
  /** The proof of a session that has not ended. */
  find(id: string): Promise<string | undefined>;
  /** Ends a session; one that is not there is no error. */
  remove(id: string): Promise<void>;
}
