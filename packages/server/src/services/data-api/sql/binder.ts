/** Where the value of a placeholder comes from; the text never depends on it. */
import type { Utf8Text } from '#base/kernel'
import { arrayLiteral } from '#base/sql'
import type { SqlValue } from '#base/sql'

/** A request's literals, by slot. */
export type SlotValues = readonly (string | readonly string[] | Uint8Array | Utf8Text | null)[]

export type Binder =
  /** The literal as it is. */
  | { readonly form: 'text'; readonly slot: number }
  /** A pattern written with `*`. */
  | { readonly form: 'like'; readonly slot: number }
  /** The list of an `in`; `in.()` is the empty list. */
  | { readonly form: 'list'; readonly slot: number }
  /** Several literals as one array. */
  | { readonly form: 'array'; readonly slots: readonly number[] }
  /** A number of rows, at most `max`. */
  | { readonly form: 'limit'; readonly slot: number; readonly max: number | null }

/** The values of a rendered query for one request. */
export function bindValues(binders: readonly Binder[], values: SlotValues): SqlValue[] {
  const bound: SqlValue[] = []
  for (const binder of binders) bound.push(bindValue(binder, values))
  return bound
}

function bindValue(binder: Binder, values: SlotValues): SqlValue {
  switch (binder.form) {
    case 'text':
      return values[binder.slot] as string | Uint8Array | Utf8Text | null
    case 'like':
      return (values[binder.slot] as string).replaceAll('*', '%')
    case 'list': {
      const list = values[binder.slot] as readonly string[]
      return list.length === 1 && list[0] === '' ? '{}' : arrayLiteral(list)
    }
    case 'array':
      return arrayLiteral(binder.slots.map((slot) => values[slot] as string))
    case 'limit': {
      const limit = values[binder.slot] as string
      return binder.max !== null && Number(limit) > binder.max ? String(binder.max) : limit
    }
  }
}
