import type { CatalogueArea } from './entry.js';

/** Faults of a request itself, before anything is asked of a workflow. The data that each carries, by code. */
export interface RequestErrors {
  parameterMissing: { parameter: string };
  parameterInvalid: { parameter: string; value: string; rule: string };
  /** `parameter`: what came after the URL's first `&`. */
  urlCutOff: { parameter: string };
  bodyMalformed: { reason: string };
  bodyTooLarge: { limitBytes: number };
  /** `limitBytes`: what the body may have when it is inflated. */
  bodyInflatesTooFar: { limitBytes: number };
  mediaTypeUnsupported: { contentType: string };
  contentEncodingUnsupported: { encoding: string };
  requestMalformed: { reason: string };
  requestTooSlow: Record<never, never>;
  urlTooLong: { limitBytes: number };
  headersTooLarge: { limitBytes: number; limitCount: number };
  resourceNotFound: Record<never, never>;
  /** `allow`: the methods that are, as the header of that name has them. */
  methodNotAllowed: { allow: string };
  clientGone: Record<never, never>;
}

export const requestErrors: CatalogueArea<RequestErrors> = {
  parameterMissing: {
    type: 'BadRequestException',
    status: 400,
    message: (d) => `Parameter ${d.parameter} is required.`,
  },
  parameterInvalid: {
    type: 'BadRequestException',
    status: 400,
    message: (d) => `Parameter ${d.parameter} must be ${d.rule}, not "${d.value}".`,
  },
  urlCutOff: {
    type: 'BadRequestException',
    status: 400,
    message: (d) =>
      `Parameter url ends at its first "&": ${d.parameter} came as a parameter of its own. Percent-encode the URL, as ` +
      'curl does with --data-urlencode "url=URL", or send it as JSON.',
  },
  bodyMalformed: {
    type: 'BadRequestException',
    status: 400,
    message: (d) => `The request body cannot be read: ${d.reason}`,
  },
  bodyTooLarge: {
    type: 'RequestEntityTooLargeException',
    status: 413,
    message: (d) => `The request body is larger than max_request_size, ${d.limitBytes} bytes.`,
  },
  bodyInflatesTooFar: {
    type: 'RequestEntityTooLargeException',
    status: 413,
    message: (d) =>
      `The request body inflates to more than ${d.limitBytes} bytes: max_request_size, or 200 times what was sent. Send it ` +
      'in parts, or as it is.',
  },
  mediaTypeUnsupported: {
    type: 'UnsupportedMediaTypeException',
    status: 415,
    message: (d) =>
      `Content type "${d.contentType}" is not supported here. Send query parameters, application/json or ` +
      'application/x-www-form-urlencoded.',
  },
  contentEncodingUnsupported: {
    type: 'UnsupportedMediaTypeException',
    status: 415,
    message: (d) => `Content encoding "${d.encoding}" is not supported here. Send gzip, or the body as it is.`,
  },
  requestMalformed: {
    type: 'BadRequestException',
    status: 400,
    message: (d) => `The request cannot be read: ${d.reason}`,
  },
  requestTooSlow: {
    type: 'RequestTimeoutException',
    status: 408,
    message: () => 'The request was not sent within the time that the server allows.',
  },
  urlTooLong: {
    type: 'UriTooLongException',
    status: 414,
    message: (d) => `The path and query are longer than max_url_length, ${d.limitBytes} bytes.`,
  },
  headersTooLarge: {
    type: 'RequestHeaderFieldsTooLargeException',
    status: 431,
    message: (d) =>
      `The headers are larger than max_header_size, ${d.limitBytes} bytes, or more than max_header_count, ${d.limitCount}.`,
  },
  resourceNotFound: {
    type: 'ResourceNotFoundException',
    status: 404,
    message: () => 'Requested resource is not found, please refer to API document.',
  },
  methodNotAllowed: {
    type: 'MethodNotAllowedException',
    status: 405,
    message: () => 'Requested method is not allowed, please refer to API document.',
  },
  clientGone: {
    type: 'ClientClosedRequestException',
    // As nginx counts it: nobody is there to read the answer.
    status: 499,
    message: () => 'The client hung up before it was answered.',
  },
};
