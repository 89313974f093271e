/** Refusals of customers' keys; the service that is asked words them for its clients. */
import { defineErrors } from '#base/kernel'

export const apiKeyErrors = defineErrors({
  api_key_invalid: {
    status: 401,
    message: 'Invalid API key',
    hint: 'It is unknown, expired or revoked, or its user is gone.',
  },
  api_key_conflict: {
    status: 401,
    message: 'The request brings an API key and another identity',
    hint: "Send one API key, beside it at most the project's anon or publishable key.",
  },
  api_key_address: {
    status: 403,
    message: 'The API key may not be used from this address',
    hint: 'allowed_ips of the key names the ranges.',
  },
  api_key_permission: {
    status: 403,
    message: 'The API key has no permission to read',
    hint: 'permissions of the key is to have "read": true.',
  },
  api_key_rate_limit: {
    status: 429,
    message: (p: { limit: number }) => `The API key is used more than ${p.limit} times a minute`,
    hint: 'Wait as long as Retry-After says.',
  },
  api_key_quota: {
    status: 429,
    message: (p: { quota: number }) => `The API key has used its ${p.quota} requests of this month`,
    hint: 'The next month begins at X-Quota-Reset.',
  },
  api_keys_unavailable: {
    status: 503,
    message: 'API keys cannot be looked up now',
    hint: 'Try again; other credentials are not affected.',
  },
  api_keys_no_project: {
    status: 409,
    message: 'Basalt has never started on this database',
    hint: 'Start it once with --db-url, or set basalt.api_keys.enabled in supabase/config.toml.',
  },
  api_keys_blocked: {
    status: 409,
    message: (p: { reason: string }) => p.reason,
    hint: 'Nothing was changed; docs/api-keys.md says what has to be there.',
  },
})
