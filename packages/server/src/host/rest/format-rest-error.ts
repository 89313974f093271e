/** Errors in PostgREST's form, with or without details and hint. */
import { formatDataApiError } from '#services/data-api'
import type { HttpResponse } from '#base/http'
import type { PlatformError } from '#base/kernel'

/** `minimal` tells code and message only. */
export function formatRestError(
  error: PlatformError,
  verbosity: 'verbose' | 'minimal',
): HttpResponse {
  const response = formatDataApiError(error)
  if (verbosity === 'verbose') return response
  const { code, message } = error
  return { ...response, body: JSON.stringify({ code, message }) }
}
