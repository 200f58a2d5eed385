import { useState } from 'react';
import { ActButton } from './act-button.js';
import { ActDialog } from './act-dialog.js';
import { ArchiveFields, type ArchiveChoice } from './archive-fields.js';
import { registering } from './call.js';

/** Registers an archive. */
export const Register = () => (
  <ActButton className="primary" dialog={(onClose) => <RegisterDialog onClose={onClose} />}>
    Register…
  </ActButton>
);

function RegisterDialog({ onClose }: { onClose: () => void }) {
  const [choice, setChoice] = useState<ArchiveChoice>();
  const [name, setName] = useState('');
  return (
    <ActDialog
      title="Register a workflow"
      verb="Register"
      file={choice?.file}
      onClose={onClose}
      call={choice === undefined ? undefined : registering(choice.source, name.trim())}
    >
      <ArchiveFields onChoice={setChoice} />
      <label className="field">
        Name <span className="quiet">(that of its manifest, when empty)</span>
        <input type="text" value={name} onChange={({ target }) => setName(target.value)} />
      </label>
    </ActDialog>
  );
}
