import { boolean, commaList, text, wholeNumber } from '../setting-values.js';
import { path, headerText } from './bounds.js';
import type { Setting } from './setting.js';

/** Who may come in, and over what. */
export const accessSettings = {
  disableTokenAuth: {
    flag: 'disable-token-auth',
    property: 'disable_token_authorization',
    variable: 'TORCHWEAVE_DISABLE_TOKEN_AUTH',
    isSwitch: true,
    description: 'Serve without asking for keys, also beyond this machine',
    schema: boolean.default(false),
  },
  publishedOn: {
    property: 'published_on',
    variable: 'TORCHWEAVE_PUBLISHED_ON',
    description:
      'Address on which a container engine publishes the ports (default: they are reached where they are listened on); it decides ' +
      'whether keys are wanted',
    schema: text('an address').optional(),
  },
  keyFile: {
    flag: 'key-file',
    property: 'key_file',
    variable: 'TORCHWEAVE_KEY_FILE',
    description: "Keys that clients must send, in TorchServe's key_file.json; created where it is missing",
    schema: path.optional(),
  },
  tokenExpirationMin: {
    property: 'token_expiration_min',
    variable: 'TORCHWEAVE_TOKEN_EXPIRATION_MIN',
    description: 'min that a new management or inference key is valid (default 60)',
    schema: wholeNumber(1, 5_256_000, ' of min').default(60),
  },
  forwardCredentials: {
    property: 'forward_credentials',
    variable: 'TORCHWEAVE_FORWARD_CREDENTIALS',
    description:
      "Whether functions and models see the client's Authorization and Cookie headers (default: only without a key file)",
    schema: boolean.optional(),
  },
  dashboardReadOnly: {
    property: 'dashboard_read_only',
    variable: 'TORCHWEAVE_DASHBOARD_READ_ONLY',
    description: "Whether the operator's page is for looking alone, whatever the key of its session (default false)",
    schema: boolean.default(false),
  },
  allowedHosts: {
    property: 'allowed_hosts',
    variable: 'TORCHWEAVE_ALLOWED_HOSTS',
    description:
      'Comma-separated names under which the server may be asked for without keys, beside its addresses and localhost; ' +
      '*.example.com for all below one, * for any',
    schema: commaList.default([]),
  },
  corsAllowedOrigin: {
    property: 'cors_allowed_origin',
    description:
      'Origins whose web pages may call, comma-separated; * for any, without keys on the inference API alone (default none)',
    schema: headerText,
  },
  corsAllowedMethods: {
    property: 'cors_allowed_methods',
    description: 'Methods that these pages may use, as the header Access-Control-Allow-Methods has them',
    schema: headerText,
  },
  corsAllowedHeaders: {
    property: 'cors_allowed_headers',
    description: 'Headers that these pages may send, as the header Access-Control-Allow-Headers has them',
    schema: headerText,
  },
  certificateFile: {
    property: 'certificate_file',
    variable: 'TORCHWEAVE_CERTIFICATE_FILE',
    description: 'Certificate chain (PEM) of the https:// addresses',
    schema: path.optional(),
  },
  privateKeyFile: {
    property: 'private_key_file',
    variable: 'TORCHWEAVE_PRIVATE_KEY_FILE',
    description: 'Private key (PEM) of the certificate',
    schema: path.optional(),
  },
} as const satisfies Record<string, Setting>;
