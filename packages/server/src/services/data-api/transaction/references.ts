/** References to the results of earlier steps: `"0.0.id"`, `"order.id"`, `"0.*.id"`. They give values, never text of a request. */
import type { ApiRequest, SlotValue } from '#services/data-api/request'
import { isJsonObject, Utf8Text } from '#base/kernel'
import { transactionErrors } from './errors.ts'
import { ExactNumber } from './exact-json.ts'
import type { ExactJson } from './exact-json.ts'

/** A step's number or name, then keys and positions inside its body; `*` for each item of a list. */
export type Reference = readonly [step: string, ...path: string[]]

/** `parseReference('0.0.id')` and `parseReference([0, 0, 'id'])` → `['0', '0', 'id']`; null when it is none. */
export function parseReference(value: unknown): Reference | null {
  const parts: unknown[] =
    typeof value === 'string' ? value.split('.') : Array.isArray(value) ? value : []
  const path: string[] = []
  for (const part of parts) {
    if (typeof part !== 'string' && typeof part !== 'number') return null
    path.push(String(part))
  }
  const [step, ...rest] = path
  return step === undefined || step === '' ? null : [step, ...rest]
}

/** Read as JSON while others wait: 20 ms. */
const maxReferenced = 1_000_000

/** The bodies of the steps that have run. */
export class Results {
  readonly #json: ExactJson
  readonly #bodies: { name: string | null; text: string; value?: unknown }[] = []

  constructor(json: ExactJson) {
    this.#json = json
  }

  /** `text` is JSON, or empty when there was no body. */
  add(name: string | null, text: string): void {
    this.#bodies.push({ name, text })
  }

  /** Throws BTX02 when there is no such step or value. */
  get([step, ...path]: Reference): unknown {
    const body = /^\d+$/.test(step)
      ? this.#bodies[Number(step)]
      : this.#bodies.find(({ name }) => name === step)
    const fail = (details: string): Error =>
      transactionErrors.BTX02({ reference: [step, ...path].join('.'), details })
    if (body === undefined) throw fail('It must name a step before its own, by number or by name.')
    if (body.text === '')
      throw fail('That step has no body; ask for it with return=representation.')
    if (body.text.length > maxReferenced)
      throw fail('The result of that step is larger than 1 MB; select only what is referred to.')
    body.value ??= this.#json.parse(body.text)
    const found = descend(body.value, path)
    if (found === undefined) throw fail('There is no such value in the result of that step.')
    return found
  }
}

/** Undefined when the path leads nowhere. */
function descend(value: unknown, path: readonly string[]): unknown {
  const [key, ...rest] = path
  if (key === undefined) return value
  if (value instanceof ExactNumber) return undefined
  if (Array.isArray(value)) {
    if (key !== '*') return /^\d+$/.test(key) ? descend(value[Number(key)], rest) : undefined
    const items = value.map((item: unknown) => descend(item, rest))
    return items.includes(undefined) ? undefined : items
  }
  return isJsonObject(value) && Object.hasOwn(value, key) ? descend(value[key], rest) : undefined
}

/** A body with every `{"$ref": …}` replaced by its value; `{"$literal": x}` is `x` as it is. */
export function resolveBody(value: unknown, results: Results): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => resolveBody(item, results))
  if (!isJsonObject(value) || value instanceof ExactNumber) return value
  const entries = Object.entries(value)
  const [only] = entries
  if (only !== undefined && entries.length === 1) {
    if (only[0] === '$literal') return only[1]
    if (only[0] === '$ref') return results.get(requireReference(only[1]))
  }
  // fromEntries defines, so that a key `__proto__` is a key like any other
  return Object.fromEntries(entries.map(([key, item]) => [key, resolveBody(item, results)]))
}

function requireReference(value: unknown): Reference {
  const reference = parseReference(value)
  if (reference !== null) return reference
  throw transactionErrors.BTX02({
    reference: String(JSON.stringify(value)).slice(0, 100),
    details: 'A reference is a text such as "0.0.id" or a list such as [0, 0, "id"].',
  })
}

/**
 * The request with each value that is a marker of `refs` replaced. Values were separated from the request's text when it
 * was parsed, so nothing of a result is ever parsed or written into SQL. Throws BTX02 for a marker that is no value.
 */
export function bindReferences(
  request: ApiRequest,
  refs: ReadonlyMap<string, Reference>,
  results: Results,
  json: ExactJson,
): ApiRequest {
  if (refs.size === 0) return request
  const used = new Set<string>()
  const find = (text: string): { value: unknown } | null => {
    const reference = refs.get(text)
    if (reference === undefined) return null
    used.add(text)
    return { value: results.get(reference) }
  }
  const values = request.values.map((value): SlotValue => {
    if (typeof value === 'string') {
      const found = find(value)
      return found === null ? value : toText(found.value, json)
    }
    if (value === null || value instanceof Uint8Array || value instanceof Utf8Text) return value
    return value.flatMap((item) => {
      const found = find(item)
      if (found === null) return [item]
      const list: readonly unknown[] = Array.isArray(found.value) ? found.value : [found.value]
      // nothing is equal to NULL
      return list.map((entry) => toText(entry, json)).filter((entry) => entry !== null)
    })
  })
  for (const marker of refs.keys())
    if (!used.has(marker))
      throw transactionErrors.BTX02({
        reference: marker,
        details: `'${marker}' of refs is not the whole value of a filter or argument of this step.`,
      })
  return { ...request, values }
}

/** As a filter would have it written. */
function toText(value: unknown, json: ExactJson): string | null {
  if (value === null) return null
  if (typeof value === 'string') return value
  return json.write(value)
}
