/** Errors of the parse stage: what can be wrong with a request before any schema is looked at. */
import { defineErrors } from '#base/kernel'

export const requestErrors = defineErrors({
  /** The text of a query parameter does not parse. */
  PGRST100: {
    status: 400,
    message: (p: { message: string; details: string }) => p.message,
    details: (p: { message: string; details: string }) => p.details,
  },
  tooManyEmbeds: {
    code: 'PGRST100',
    status: 400,
    message: 'Too many embedded resources',
    details: (p: { what: string }) => `Embedded resources are ${p.what}`,
    hint: 'Ask for the inner ones in a request of their own, or with a function.',
  },
  PGRST101: {
    status: 405,
    message: (p: { method: string }) => `Cannot use the ${p.method} method on RPC`,
  },
  /** The body is not what its content type says. */
  PGRST102: { status: 400, message: (p: { message: string }) => p.message },
  PGRST103: {
    status: 416,
    message: 'Requested range not satisfiable',
    details: (p: { details: string }) => p.details,
  },
  PGRST106: {
    status: 406,
    message: (p: { schema: string; schemas: readonly string[] }) => `Invalid schema: ${p.schema}`,
    hint: (p: { schema: string; schemas: readonly string[] }) =>
      `Only the following schemas are exposed: ${p.schemas.join(', ')}`,
  },
  PGRST114: {
    status: 400,
    message: 'limit/offset querystring parameters are not allowed for PUT',
  },
  PGRST117: {
    status: 405,
    message: (p: { method: string }) => `Unsupported HTTP method: ${p.method}`,
  },
  /** Not UTF-8: refused here in Postgres's words, since it could never reach Postgres as text. */
  '22021': {
    status: 400,
    message: (p: { bytes: string }) => `invalid byte sequence for encoding "UTF8": ${p.bytes}`,
  },
  PGRST125: { status: 404, message: 'Invalid path specified in request URL' },
})
