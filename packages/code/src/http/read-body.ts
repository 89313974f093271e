/** A body, of so many bytes at most. */
import type { IncomingMessage } from 'node:http'
import { CodeError } from '#core'

/** @throws payload_too_large, before more than that is kept */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes)
  const parts: Buffer[] = []
  let length = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length
    if (length > maxBytes) throw tooLarge(maxBytes)
    parts.push(part)
  }
  return Buffer.concat(parts)
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

function tooLarge(maxBytes: number): CodeError {
  return new CodeError('payload_too_large', { details: { max_bytes: maxBytes } })
}
