import { escapeControls } from '../text/escape-controls.js';

type Values = Readonly<Record<string, unknown>>;
type Colour = 'red' | 'yellow' | 'green' | 'dim';

const codes: Readonly<Record<Colour, string>> = { red: '31', yellow: '33', green: '32', dim: '2' };
const colourOf: Readonly<Record<string, Colour>> = { error: 'red', warn: 'yellow', info: 'green', debug: 'dim' };

function showValue(value: unknown): string {
  if (typeof value === 'string') return /^[\w./:@+~-]+$/.test(value) ? value : escapeControls(JSON.stringify(value));
  return escapeControls(JSON.stringify(value) ?? String(value));
}

const isObject = (value: unknown): value is Values => typeof value === 'object' && value !== null;

/** The stack of an error below its line, each line by itself: only these ends of lines are ours. */
function stackLines(err: unknown): string[] {
  if (!isObject(err) || typeof err['stack'] !== 'string') return [];
  return err['stack'].split('\n').map((line) => `    ${escapeControls(line.trim())}`);
}

/**
 * Makes what a person reads of a line of the log: `TIME LEVEL app/part: message key=value …`. Whatever is not text of one line
 * is escaped: names, bodies and printed words of others are told in it.
 */
export function formatLine(json: string, isColoured = false): string {
  const { level, time, app, part, msg, err, ...values } = JSON.parse(json) as Values;
  const colour = (name: Colour | undefined, text: string): string =>
    isColoured && name !== undefined ? `\u001b[${codes[name]}m${text}\u001b[0m` : text;
  const told = String(level);
  const who = [app, part].filter((each) => typeof each === 'string').map((each) => escapeControls(String(each)));
  const error = isObject(err) ? { err: err['message'] ?? err } : err === undefined ? {} : { err };
  const pairs = Object.entries({ ...values, ...error }).map(
    ([key, value]) => `${colour('dim', `${escapeControls(key)}=`)}${showValue(value)}`,
  );
  const head = [
    colour('dim', String(time)),
    colour(colourOf[told], told.toUpperCase().padEnd(5)),
    `${who.join('/')}:`,
    ...(typeof msg === 'string' ? [escapeControls(msg)] : []),
  ].join(' ');
  return `${[[head, ...pairs].join(' '), ...stackLines(err)].join('\n')}\n`;
}
