import { useState } from 'react';
import type { ArchiveSource } from './call.js';

/** What of the fields is complete. */
export interface ArchiveChoice {
  readonly source: ArchiveSource;
  readonly file?: File;
}

/** An archive: uploaded from this machine, or by its URL or name in the workflow store. */
export function ArchiveFields({ onChoice }: { onChoice: (choice: ArchiveChoice | undefined) => void }) {
  const [by, setBy] = useState<'file' | 'url'>('file');
  const choose = (next: 'file' | 'url'): void => {
    setBy(next);
    onChoice(undefined);
  };
  return (
    <fieldset className="archive-fields">
      <legend>Archive</legend>
      <label>
        <input type="radio" name="by" checked={by === 'file'} onChange={() => choose('file')} /> a file of this machine
      </label>
      <label>
        <input type="radio" name="by" checked={by === 'url'} onChange={() => choose('url')} /> a URL, or a name in the
        workflow store
      </label>
      {by === 'file' ? (
        <input
          key="file"
          type="file"
          aria-label="Archive file"
          accept=".war,.zip,.gz,.tgz"
          required
          onChange={({ target: { files } }) => {
            const file = files?.[0];
            onChoice(file === undefined ? undefined : { source: { file }, file });
          }}
        />
      ) : (
        <input
          key="url"
          type="text"
          aria-label="URL or name of the archive"
          placeholder="https://…/digits.war"
          required
          onChange={({ target: { value } }) =>
            onChoice(value.trim() === '' ? undefined : { source: { url: value.trim() } })
          }
        />
      )}
    </fieldset>
  );
}
