/** The query string as Content-Location shows it: sorted by name, every pair percent-encoded alike. */
import type { QueryPair } from './decode-query.ts'

const unreserved = /^[\w\-.~]*$/
const encodedAlready = /^[A-Za-z0-9\-_.~&=%]*$/

/** `canonicalQuery('b=2&a=(1)', …)` → `'a=%281%29&b=2'` */
export function canonicalQuery(query: string, pairs: readonly QueryPair[]): string {
  if (
    query === '' ||
    (pairs.length === 1 && pairs[0]?.value !== null && encodedAlready.test(query))
  ) {
    return query
  }
  return pairs
    .map(({ name, value }) => [encode(name), encode(value ?? '')] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

function encode(text: string): string {
  if (unreserved.test(text)) return text
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
