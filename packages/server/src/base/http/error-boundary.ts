/** The one place where errors become responses. What we do not know is 500, logged with its stack, its text never sent. */
import { isTold, PlatformError } from '#base/kernel'
import type { Log } from '#base/kernel'
import { httpErrors } from './errors.ts'
import { jsonResponse } from './message.ts'
import type { HttpRequest, HttpResponse } from './message.ts'

/** Unless the error knows better: what is away is looked for at least once a second. */
const retryAfterSeconds = '1'

export type FormatError = (error: PlatformError, request: HttpRequest) => HttpResponse

/** Runs `handle`; whatever it throws becomes the service's own wording of an error. */
export async function withErrorBoundary(
  request: HttpRequest,
  log: Log,
  formatError: FormatError,
  handle: () => Promise<HttpResponse>,
): Promise<HttpResponse> {
  try {
    return await handle()
  } catch (error) {
    return answerError(error, request, log, formatError)
  }
}

/** The answer to a request whose handler threw `error`. */
export function answerError(
  error: unknown,
  request: HttpRequest,
  log: Log,
  formatError: FormatError,
): HttpResponse {
  const known =
    error instanceof PlatformError ? error : httpErrors.unexpected_failure(undefined, error)
  // that something is away or not wanted was told when it began: each request that is refused for it is in the access log
  const isNews = known.cause !== undefined && !isTold(known.cause)
  if (known.status === 500 || (known.status > 500 && isNews))
    log.error(known.message, { code: known.code, error: describe(known) })
  const response = formatError(known, request)
  const whenToCome = known.status === 503 ? { 'retry-after': retryAfterSeconds } : {}
  return { ...response, headers: { ...response.headers, ...whenToCome, ...known.headers } }
}

/** The stack, and the stacks of what lies beneath. */
function describe(error: Error): string {
  const below = error.cause instanceof Error ? `\ncaused by ${describe(error.cause)}` : ''
  return `${error.stack ?? error.message}${below}`
}

/** The wording of the gateway itself. */
export const formatGatewayError: FormatError = (error) =>
  jsonResponse(error.status, {
    code: error.code,
    message: error.message,
    details: error.details,
    hint: error.hint,
  })
