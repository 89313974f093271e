/** Calls of the server that this page came from. */

/** What the server refused, in its own words. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly details: string | null
  readonly hint: string | null
  readonly requestId: string | null
  /** All of what it said. */
  readonly body: unknown

  constructor(status: number, body: unknown, requestId: string | null) {
    const { message, msg, error, code, error_code, details, hint } = (
      typeof body === 'object' && body !== null ? body : {}
    ) as Record<string, unknown>
    super(
      ([message, msg, error].find((text) => typeof text === 'string' && text !== '') as string) ??
        `The server answered ${status}`,
    )
    this.status = status
    this.code = [error_code, code].find((text) => typeof text === 'string') ?? String(status)
    this.details = typeof details === 'string' ? details : null
    this.hint = typeof hint === 'string' ? hint : null
    this.requestId = requestId
    this.body = body
  }
}

/** Nobody answered: the server is gone, or the network. */
export class Unreachable extends Error {
  readonly code = 'unreachable'
  readonly hint = 'It is tried again by itself. What you typed is kept.'
  constructor(cause: unknown) {
    super('The server does not answer', { cause })
  }
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>

export interface CallOptions {
  readonly query?: Query | undefined
  /** Sent as JSON; a Blob or a string with its own `contentType` as it is. */
  readonly body?: unknown
  readonly contentType?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

const listeners = new Set<() => void>()
/** Told when a call was refused because nobody is signed in any more. */
export function onSignedOut(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** The answer itself, where it is no JSON or is read as it comes. @throws ApiError, Unreachable */
export async function callRaw(
  method: Method,
  path: string,
  { query, body, contentType, headers, signal }: CallOptions = {},
): Promise<Response> {
  const isJson = body !== undefined && contentType === undefined
  const response = await fetch(path + searchOf(query), {
    method,
    headers: {
      'x-basalt-studio': '1',
      ...(isJson ? { 'content-type': 'application/json' } : {}),
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isJson ? JSON.stringify(body) : (body as BodyInit) }),
    ...(signal === undefined ? {} : { signal }),
    credentials: 'same-origin',
    cache: 'no-store',
  }).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Unreachable(error)
  })
  if (response.ok) return response
  const text = await response.text()
  const error = new ApiError(response.status, parse(text), response.headers.get('x-request-id'))
  if (response.status === 401 && isSession(error.code)) for (const listener of listeners) listener()
  throw error
}

/** @throws ApiError, Unreachable */
export async function call<T>(method: Method, path: string, options?: CallOptions): Promise<T> {
  const response = await callRaw(method, path, options)
  const text = await response.text()
  return (text === '' ? undefined : JSON.parse(text)) as T
}

const isSession = (code: string): boolean =>
  ['control_token_missing', 'control_token_invalid', 'studio_signed_out'].includes(code)

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return { message: text.slice(0, 500) }
  }
}

function searchOf(query: Query = {}): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) search.set(name, String(value))
  const text = search.toString()
  return text === '' ? '' : `?${text}`
}
