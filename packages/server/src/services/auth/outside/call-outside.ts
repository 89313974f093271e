/** Requests to other people's servers: bounded in time and size, redirects not followed. */

export interface OutsideRequest {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly timeoutMs: number
  readonly maxBytes: number
}

export interface OutsideAnswer {
  readonly status: number
  /** Of the answer's headers, by lower-case name. */
  header(name: string): string | null
  /** UTF-8. */
  readonly text: string
}

/** Why there is no answer. */
export class OutsideError extends Error {
  override readonly name = 'OutsideError'
  readonly failure: 'timeout' | 'unreachable' | 'too large'

  constructor(failure: OutsideError['failure'], cause?: unknown) {
    super(`no answer from outside: ${failure}`, { cause })
    this.failure = failure
  }
}

/** @throws OutsideError */
export async function callOutside(request: OutsideRequest): Promise<OutsideAnswer> {
  const { url, method, headers = {}, body, timeoutMs, maxBytes } = request
  const signal = AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs)))
  try {
    const response = await fetch(url, {
      method,
      headers,
      signal,
      // where a redirect leads nobody has configured
      redirect: 'manual',
      ...(body === undefined ? {} : { body }),
    })
    const text = await readText(response, maxBytes)
    return { status: response.status, header: (name) => response.headers.get(name), text }
  } catch (error) {
    if (error instanceof OutsideError) throw error
    throw new OutsideError(signal.aborted ? 'timeout' : 'unreachable', error)
  }
}

async function readText(response: Response, maxBytes: number): Promise<string> {
  if (response.body === null) return ''
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength
    // leaving the loop cancels the body
    if (size > maxBytes) throw new OutsideError('too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The JSON object in a text; null when it is none. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}
