import type { KeptBody } from '@torchweave/dashboard-contract';
import { bytes } from '../format/units.js';
import { Copy } from './text.js';

/** Media types that a browser draws, and that hold no script. */
const pictures = ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/bmp', 'image/avif'];

/** A body, rendered by its type: JSON indented, text as it is, a picture drawn. Markup is shown as text. */
export function BodyView({ body, label }: { body: KeptBody; label: string }) {
  const { contentType, size, text, base64, cut } = body;
  return (
    <div className="body-view">
      <p className="quiet">
        {contentType ?? 'no content type'} · {bytes(size)}
        {cut ? ' · cut: only its beginning is kept' : ''} {text === undefined ? null : <Copy text={text} />}
      </p>
      {text !== undefined ? (
        <pre tabIndex={0} aria-label={label}>
          {isJson(contentType) ? indentedJson(text) : text}
        </pre>
      ) : base64 === undefined ? null : isPicture(contentType) && !cut ? (
        <img src={`data:${mediaType(contentType)};base64,${base64}`} alt={label} />
      ) : (
        <pre tabIndex={0} aria-label={`${label}, in base64`}>
          {base64}
        </pre>
      )}
    </div>
  );
}

const mediaType = (contentType: string | undefined): string => contentType?.split(';')[0]?.trim().toLowerCase() ?? '';
const isPicture = (contentType: string | undefined): boolean => pictures.includes(mediaType(contentType));
const isJson = (contentType: string | undefined): boolean => /[/+]json$/.test(mediaType(contentType));

function indentedJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
