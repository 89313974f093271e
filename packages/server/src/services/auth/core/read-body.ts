/** Bodies as JSON and as HTML forms, fit for what comes after: text that Postgres can keep, no deeper than it can read. */
import { bytesBody, readJson } from '#base/http'
import type { HttpRequest } from '#base/http'
import { hasLoneSurrogate, toFitText } from '#services/auth/outside'
import { authErrors } from './errors.ts'

/** Larger bodies are refused with 413. */
export const maxBodyBytes = 1024 * 1024
/** Nobody means more; Postgres gives up at a few thousand, JSON.stringify too. */
const maxDepth = 500

/**
 * The body as JSON, undefined for an empty one. Halves of characters become U+FFFD, as with Go.
 * @throws PlatformError 413; 400 `bad_json`, also for more than 500 levels; 400 `validation_failed` for U+0000, which Postgres
 * cannot keep
 */
export async function readBody(request: HttpRequest, maxBytes = maxBodyBytes): Promise<unknown> {
  const bytes = await request.body.read(maxBytes)
  const body = await readJson({ ...request, body: bytesBody(bytes) }, maxBytes)
  // nearly all bodies are short and without escapes: nothing to look for
  if (bytes.length <= maxDepth && !bytes.includes(backslash)) return body
  return tidy(body, 0)
}

const backslash = 0x5c

function tidy(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return tidyText(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth >= maxDepth) throw authErrors.badJson({ reason: `exceeded max depth of ${maxDepth}` })
  if (Array.isArray(value)) return value.map((item) => tidy(item, depth + 1))
  const members = Object.entries(value).map(([name, one]) => [tidyText(name), tidy(one, depth + 1)])
  return Object.fromEntries(members) as unknown
}

function tidyText(text: string): string {
  if (text.includes('\u0000')) throw authErrors.nulCharacter()
  return hasLoneSurrogate(text) ? toFitText(text) : text
}

/** Members of an `application/x-www-form-urlencoded` body. @throws PlatformError 413, 400 for U+0000 */
export async function readForm(request: HttpRequest): Promise<URLSearchParams> {
  const bytes = await request.body.read(maxBodyBytes)
  const text = Buffer.from(bytes).toString('utf8')
  if (hasNul(text)) throw authErrors.nulCharacter()
  return new URLSearchParams(text)
}

/** In an encoded path, query or form: as a byte, or percent-encoded. */
export function hasNul(encoded: string): boolean {
  return encoded.includes('\u0000') || encoded.includes('%00')
}
