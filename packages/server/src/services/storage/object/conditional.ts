/** Whether a client has an object already (RFC 9110 section 13). Pure. */
import type { HttpHeaders } from '#base/http'

/** `etag` with its quotes, `modified` as a date. If-None-Match decides alone where it is there. */
export function isUnchanged(headers: HttpHeaders, etag: string, modified: Date): boolean {
  const known = headers['if-none-match']
  if (known !== undefined) {
    return known.split(',').some((one) => {
      const tag = one.trim()
      return tag === '*' || tag.replace(/^W\//, '') === etag.replace(/^W\//, '')
    })
  }
  const since = Date.parse(headers['if-modified-since'] ?? '')
  // HTTP dates have no milliseconds
  return !Number.isNaN(since) && Math.floor(modified.getTime() / 1000) * 1000 <= since
}

/** Whoever goes on with a download gets the rest of what it has, or all of what is there now: never a mixture. */
export function isRangeWanted(headers: HttpHeaders, etag: string, modified: Date): boolean {
  const condition = headers['if-range']
  if (condition === undefined) return true
  if (condition.includes('"')) return condition.trim() === etag
  return Date.parse(condition) === Math.floor(modified.getTime() / 1000) * 1000
}
