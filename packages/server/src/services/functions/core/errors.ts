/** Every error of `/functions/v1`. Codes, statuses and words are those of Supabase's Edge Runtime: clients match on them. */
import { defineErrors } from '#base/kernel'

/** `where` and `what` are null for callers who are not to know. */
interface Fault {
  readonly what: string | null
}
const details = ({ what }: Fault): string => what ?? ''

export const functionErrors = defineErrors({
  FunctionNotFound: { status: 404, message: 'Function not found' },
  MissingAuthorization: { status: 401, message: 'Error: Missing authorization header' },
  NotBearer: { status: 401, message: "Error: Auth header is not 'Bearer {token}'" },
  InvalidJwt: { status: 401, message: 'Invalid JWT' },
  UnreadableJwt: { status: 401, message: (p: { message: string }) => p.message },
  ReadOnlyKey: {
    status: 403,
    message: 'The API key may only read: calling functions needs "write"',
  },
  MethodNotAllowed: {
    status: 405,
    message: 'Functions are called with GET, POST, PUT, PATCH, DELETE, OPTIONS or HEAD',
  },
  NoWebSocket: { status: 426, message: 'This function takes no WebSockets' },
  BOOT_ERROR: { status: 503, message: 'Worker failed to boot (please check logs)', details },
  /** As a boot error on the wire, but it is the machine's. */
  NO_DENO: {
    code: 'BOOT_ERROR',
    status: 503,
    message: 'Functions need Deno, which is not installed (please check logs)',
    details,
  },
  WORKER_BUSY: {
    status: 503,
    message: 'The function has as many calls as it may: try again in a moment',
  },
  WORKER_ERROR: {
    status: 500,
    message: 'Function exited due to an error (please check logs)',
    details,
  },
  WORKER_LIMIT: {
    status: 546,
    message: 'Worker failed to respond due to a resource limit (please check logs)',
    details,
  },
  IDLE_TIMEOUT: { status: 504, message: 'The function did not answer in time', details },
})
