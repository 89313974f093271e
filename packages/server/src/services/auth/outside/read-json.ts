/** Values out of JSON that others wrote: what is missing or of another type reads as empty. */
import { isJsonObject } from '#base/kernel'
import type { Json } from '#base/kernel'

/** `valueAt({ a: [{ b: 1 }] }, 'a', 0, 'b')` → `1`; null for what is not there. */
export function valueAt(value: unknown, ...path: readonly (string | number)[]): Json {
  let found: unknown = value
  for (const step of path) {
    if (typeof step === 'number') found = Array.isArray(found) ? (found as unknown[])[step] : null
    else found = isJsonObject(found) && Object.hasOwn(found, step) ? found[step] : null
  }
  return (found ?? null) as Json
}

export function textAt(value: unknown, ...path: readonly (string | number)[]): string {
  const found = valueAt(value, ...path)
  return typeof found === 'string' ? found : ''
}

/** An id that may be a number; `''` when there is none. */
export function idAt(value: unknown, ...path: readonly (string | number)[]): string {
  const found = valueAt(value, ...path)
  if (typeof found === 'number' && Number.isSafeInteger(found)) return String(found)
  return typeof found === 'string' ? found : ''
}

/** True for `true` and, as some providers write it, `"true"` and `"1"`. */
export function isTrueAt(value: unknown, ...path: readonly (string | number)[]): boolean {
  const found = valueAt(value, ...path)
  return found === true || found === 'true' || found === '1'
}

export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly Json[] {
  const found = valueAt(value, ...path)
  return Array.isArray(found) ? found : []
}
