/** What a step of a client transaction was refused with: the usual error, and which step it was. */
import { errorResponse } from '#services/data-api/response'
import type { HttpResponse } from '#base/http'
import { isJsonObject, PlatformError } from '#base/kernel'

export class StepError extends PlatformError {
  /** Counted from 0. */
  readonly step: number

  constructor(step: number, error: PlatformError) {
    const { code, status, message, details, hint, headers, cause } = error
    super({ code, status, message, details, hint, headers, cause })
    this.step = step
  }
}

/** An error of the data API as a response; of a step, with its number. */
export function formatFailure(error: PlatformError): HttpResponse {
  const response = errorResponse(error)
  if (!(error instanceof StepError)) return response
  const body = JSON.parse(response.body as string) as object
  return { ...response, body: JSON.stringify({ ...body, step: error.step }) }
}

/** A step that answered with a status of failure instead of raising: a range out of bounds, a status set by SQL. */
export function failureOf(response: HttpResponse, text: string): PlatformError {
  const body = parse(text)
  const field = (name: string): string | null =>
    typeof body[name] === 'string' ? (body[name] as string) : null
  return new PlatformError({
    code: field('code') ?? String(response.status),
    status: response.status,
    message: field('message') ?? `The step was answered with status ${response.status}`,
    details: field('details'),
    hint: field('hint'),
  })
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : {}
  } catch {
    return {}
  }
}
