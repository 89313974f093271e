/** Bodies, of so many bytes at most, each and together. */
import type { IncomingMessage } from 'node:http'
import { CodeError } from '#core'

/** Of a body: so much has room in any case. */
const smallBytes = 1_048_576
/** Of all bodies beyond that: anybody may send 25 MB to a webhook, and what is not signed is known when all of it is here. */
const mostLargeBytes = 134_217_728

export class BodyReader {
  #largeBytes = 0

  /** To `use` while there is room for it. @throws payload_too_large, before more than that is kept; unavailable; what `use` throws */
  async read<T>(
    request: IncomingMessage,
    maxBytes: number,
    use: (bytes: Buffer) => Promise<T>,
  ): Promise<T> {
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes)
    const parts: Buffer[] = []
    let length = 0
    let large = 0
    try {
      for await (const part of request as AsyncIterable<Buffer>) {
        length += part.length
        if (length > maxBytes) throw tooLarge(maxBytes)
        const more = Math.max(0, length - smallBytes) - large
        if (this.#largeBytes + more > mostLargeBytes) throw noRoom()
        this.#largeBytes += more
        large += more
        parts.push(part)
      }
      return await use(Buffer.concat(parts))
    } finally {
      this.#largeBytes -= large
    }
  }
}

/** What writes JSON, and Postgres, has a stack that ends at some thousands. */
const deepest = 100

/** An object; nothing is an empty one. @throws invalid_request */
export function parseObject(bytes: Buffer): Record<string, unknown> {
  if (bytes.length === 0) return {}
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch {
    throw new CodeError('invalid_request', { message: 'The body is not JSON.' })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new CodeError('invalid_request', { message: 'The body is not a JSON object.' })
  if (isDeeper(value, deepest))
    throw new CodeError('invalid_request', {
      message: `The body has more than ${deepest} levels.`,
    })
  return value as Record<string, unknown>
}

function isDeeper(value: object, most: number): boolean {
  let level: readonly object[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === most) return true
    level = level.flatMap((one) => Object.values(one).filter(isObject))
  }
  return false
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function noRoom(): CodeError {
  return new CodeError('unavailable', {
    message: 'Too many large bodies are on their way.',
    headers: { 'retry-after': '10' },
  })
}

function tooLarge(maxBytes: number): CodeError {
  return new CodeError('payload_too_large', { details: { max_bytes: maxBytes } })
}
