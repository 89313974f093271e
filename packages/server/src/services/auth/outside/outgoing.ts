/** HTTP to providers: a time limit, a size limit, no redirects. The port through which tests bring their own. */

export interface OutgoingRequest {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

export interface OutgoingResponse {
  readonly status: number
  readonly contentType: string
  readonly text: string
}

/** Rejects when nothing, too much or a redirect comes back. */
export type Outgoing = (request: OutgoingRequest) => Promise<OutgoingResponse>

export interface OutgoingOptions {
  readonly timeoutMs?: number
  readonly maxBytes?: number
  /** Same signature as the global. */
  readonly fetch?: typeof fetch
}

/** Providers are named by the operator, never by a caller; what they answer is still not trusted. */
export function createOutgoing(options: OutgoingOptions = {}): Outgoing {
  const { timeoutMs = 8_000, maxBytes = 1024 * 1024 } = options
  return async ({ method, url, headers, body }) => {
    const send = options.fetch ?? fetch
    const response = await send(url, {
      method,
      headers: { accept: 'application/json', 'user-agent': 'basalt-auth', ...headers },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined ? {} : { body }),
    })
    const text = await readWithin(response, maxBytes)
    const contentType = response.headers.get('content-type') ?? ''
    return { status: response.status, contentType, text }
  }
}

async function readWithin(response: Response, maxBytes: number): Promise<string> {
  if (response.body === null) return ''
  const parts: Uint8Array[] = []
  let length = 0
  // leaving the loop cancels the stream
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    length += chunk.length
    if (length > maxBytes) throw new ProviderFailure(`more than ${maxBytes} bytes`)
    parts.push(chunk)
  }
  return Buffer.concat(parts).toString('utf8')
}

/** What a provider did that it should not; for the log, never for the caller. */
export class ProviderFailure extends Error {
  override readonly name = 'ProviderFailure'
}

/** The JSON of a GET. @throws ProviderFailure */
export async function getJson(
  outgoing: Outgoing,
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const { status, text } = await outgoing({ method: 'GET', url, headers })
  if (status < 200 || status > 299) throw new ProviderFailure(`${originOf(url)} answered ${status}`)
  return parseJson(text, url)
}

export function parseJson(text: string, url: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    throw new ProviderFailure(`${originOf(url)} did not answer with JSON`, { cause: error })
  }
}

/** Without the query, which may carry proofs of a secret. */
export function originOf(url: string): string {
  return url.replace(/[?#].*$/, '')
}
