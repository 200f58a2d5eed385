export { ConnectionPool } from './connection-pool.js';
export type { ConnectionTarget } from './connection.js';
export {
  AnswerLateError,
  AnswerTooLargeError,
  ConnectionLostError,
  ExchangeFailure,
  type ExchangeLimits,
  type HttpAnswer,
  type HttpRequest,
} from './exchange.js';
export { headerValue } from './header-value.js';
export { reasonOf } from './reason.js';
