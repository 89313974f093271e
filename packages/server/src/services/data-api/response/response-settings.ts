/** Status and headers that SQL set through `response.status` and `response.headers`. */
import { isJsonObject } from '#base/kernel'
import { responseErrors } from './errors.ts'
import type { Outcome } from './outcome.ts'

export type Headers = Record<string, string | string[]>

/** The status SQL asked for, or the given one. Throws PGRST112. */
export function chooseStatus({ status }: Outcome, usual: number): number {
  if (status === null) return usual
  const digits = /^\d+/.exec(status.trim())?.[0]
  const chosen = Number(digits)
  if (digits === undefined || chosen < 200 || chosen > 599) throw responseErrors.PGRST112()
  return chosen
}

/** What a message may have one of only: two would leave it to the reader which counts. */
const single = new Set(['content-type', 'content-range', 'content-location', 'etag', 'location'])

/** SQL's headers win over ours; one named several times (Set-Cookie) is sent several times, the last of `single` ones. Throws PGRST111. */
export function mergeHeaders({ headers }: Outcome, usual: Headers): Headers {
  if (headers === null) return usual
  const given: Headers = {}
  for (const [name, value] of parseHeaders(headers)) {
    const before = given[name]
    given[name] = before === undefined || single.has(name) ? value : [...[before].flat(), value]
  }
  return { ...usual, ...given }
}

function parseHeaders(text: string): [string, string][] {
  let list: unknown
  try {
    list = JSON.parse(text)
  } catch (cause) {
    throw responseErrors.PGRST111(undefined, cause)
  }
  if (!Array.isArray(list)) throw responseErrors.PGRST111()
  return list.map((item: unknown) => {
    const [entry, second] = isJsonObject(item) ? Object.entries(item) : []
    if (entry === undefined || second !== undefined || typeof entry[1] !== 'string') {
      throw responseErrors.PGRST111()
    }
    // a line break would begin another header
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(entry[0]) || /[\r\n\0]/.test(entry[1])) {
      throw responseErrors.PGRST111()
    }
    return [entry[0].toLowerCase(), entry[1]]
  })
}
