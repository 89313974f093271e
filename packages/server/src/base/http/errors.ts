/** What can be wrong with a request before any service sees it. */
import { defineErrors } from '#base/kernel'

export const httpErrors = defineErrors({
  body_too_large: {
    status: 413,
    message: (p: { maxBytes: number }) => `The request body is larger than ${p.maxBytes} bytes`,
    hint: 'Send less at once, or raise the limit in supabase/config.toml.',
  },
  invalid_json: {
    status: 400,
    message: (p: { reason: string }) => `Could not parse request body as JSON: ${p.reason}`,
  },
  url_too_long: {
    status: 414,
    message: (p: { maxBytes: number }) => `The request URL is longer than ${p.maxBytes} bytes`,
    hint: 'Use a POST to an RPC function for long filters.',
  },
  route_not_found: {
    status: 404,
    message: (p: { path: string }) => `No service answers at ${p.path}`,
    hint: 'Services: /rest/v1, /auth/v1, /storage/v1. Health: /health.',
  },
  over_request_rate_limit: {
    status: 429,
    message: (p: { perMinute: number }) =>
      `More than ${p.perMinute} requests a minute: wait, then go on more slowly`,
    hint: 'The header Retry-After says for how many seconds. The limits are basalt.rate_limit.* in supabase/config.toml.',
  },
  request_timeout: {
    status: 504,
    message: 'The request took longer than allowed',
    hint: 'Make it smaller, or raise basalt.request_timeout in supabase/config.toml.',
  },
  shutting_down: {
    status: 503,
    message: 'The server is shutting down',
    hint: 'Send the request again; another process will answer it.',
  },
  unexpected_failure: {
    status: 500,
    message: 'Something went wrong on our side; the log has the reason under this request id',
  },
})
