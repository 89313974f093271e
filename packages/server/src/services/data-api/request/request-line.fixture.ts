/** Requests written on one line, for tests: `POST /todos?select=id`. */
import { parseRequest } from './parse-request.ts'
import type { ApiRequest } from './api-request.ts'

export interface RequestLine {
  readonly line: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

export const requestOptions = { schemas: ['public'], txOverride: false, ignored: ['apikey'] }

export function parseLine(
  { line, headers = {}, body = '' }: RequestLine,
  options: Partial<typeof requestOptions> = {},
): ApiRequest {
  const [method = '', target = ''] = line.split(/ (.*)/)
  const [path = '', query = ''] = target.split(/\?(.*)/)
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  return parseRequest({ method, path, query, headers }, bytes, { ...requestOptions, ...options })
}
