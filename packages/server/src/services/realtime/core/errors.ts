/** Errors of Realtime's HTTP side. Wording is supabase/realtime's. */
import { defineErrors } from '#base/kernel'

export const realtimeErrors = defineErrors({
  ApiKeyMissing: { status: 401, message: 'API key is missing' },
  TokenRefused: { status: 401, message: (p: { message: string }) => p.message },
  Unauthorized: { status: 401, message: 'Unauthorized' },
  MayNotWrite: { status: 403, message: 'Unauthorized' },
  /** `problems` is JSON text. */
  UnprocessableEntity: { status: 422, message: (p: { problems: string }) => p.problems },
  UnsupportedMediaType: {
    status: 415,
    message: 'Unsupported Media Type. Use application/json or application/octet-stream',
  },
  TooManyEvents: { status: 429, message: 'You have exceeded your rate limit' },
  TooManyMessages: {
    status: 429,
    message: 'Too many messages to broadcast, please reduce the batch size',
  },
  EventsInvalid: { status: 400, message: (p: { reason: string }) => p.reason },
  EventsUnauthorized: { status: 401, message: (p: { reason: string }) => p.reason },
  EventsForbidden: { status: 403, message: (p: { reason: string }) => p.reason },
  EventsLimited: { status: 429, message: (p: { reason: string }) => p.reason },
  EventsUnavailable: { status: 503, message: (p: { reason: string }) => p.reason },
  EventsNotAcceptable: {
    status: 406,
    message: 'This address sends events: ask for them with `Accept: text/event-stream`',
  },
  RealtimeRouteNotFound: {
    status: 404,
    message: (p: { method: string; path: string }) => `Route ${p.method} ${p.path} not found`,
  },
  UpgradeRequired: {
    status: 426,
    message: 'This address is a WebSocket: connect with the realtime client of supabase-js',
  },
  RealtimeDatabaseError: {
    status: 503,
    message: 'The database does not answer: send the request again in a moment',
  },
})
