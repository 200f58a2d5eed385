/** `GET`, `POST` and `DELETE /dashboard/api/session`: who looks at the page, and what they may. */
export interface Session {
  /** False where nobody is asked for a key. */
  readonly signInNeeded: boolean;
  readonly signedIn: boolean;
  readonly permission?: 'read' | 'register';
  readonly keyName?: string;
  /** Whether the page is for looking alone, whatever the key. */
  readonly readOnly: boolean;
  /** What tells this installation from others. */
  readonly installation?: string;
  readonly version: string;
}
