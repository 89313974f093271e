/** A kept answer as the answer to one request. Pure. */
import type { HttpRequest, HttpResponse } from '#base/http'
import type { Entry } from './entry.ts'

/** Caches between us and the client tell these apart too. */
const vary = 'accept, accept-profile, authorization, apikey, prefer, range'

/** `control` is its Cache-Control, `way` how it came about (RFC 9211). */
export function answerFrom(
  { headers: kept, body, storedAt }: Entry,
  { headers: asked }: HttpRequest,
  control: string,
  way: 'hit' | 'fwd=miss',
  now: number,
): HttpResponse {
  const headers: HttpResponse['headers'] = {
    ...kept,
    'cache-control': control,
    'cache-status': `basalt; ${way}`,
    vary,
  }
  if (way === 'hit') headers['age'] = String(Math.max(0, Math.floor((now - storedAt) / 1000)))
  const { etag } = headers
  if (!isKnown(asked['if-none-match'], String(etag))) return { status: 200, headers, body }
  delete headers['content-type']
  return { status: 304, headers, body: null }
}

function isKnown(tags: string | undefined, etag: string): boolean {
  if (tags === undefined) return false
  const bare = (tag: string): string => tag.trim().replace(/^W\//, '')
  return tags.split(',', 50).some((tag) => tag.trim() === '*' || bare(tag) === bare(etag))
}
