/** Conditions on a field: as a predicate over documents, and as the span of an index they stand for. */
import { failure } from '#kernel'
import { encodeIndexed, last, tags } from '#key'
import { readPath, type Doc, type KeyRange } from '#document'

export type Filter =
  | { readonly kind: 'eq'; readonly field: string; readonly value: string }
  | { readonly kind: 'in'; readonly field: string; readonly values: readonly string[] }
  | { readonly kind: 'range'; readonly field: string; readonly gte: string; readonly lt: string }
  /** An element of the array in the field, or the field itself. */
  | { readonly kind: 'contains'; readonly field: string; readonly value: string }

/** Encoded for comparison: throws `invalid_query` for objects and NaN, which are equal to nothing. */
export function encodeOperand(store: string, field: string, value: unknown): string {
  const encoded = encodeIndexed(value)
  if (encoded !== tags.other) return encoded
  const problem = `the value for "${field}" cannot be compared; objects and NaN have no order`
  throw failure('invalid_query', { store, problem })
}

/** `{ gte: 1, lt: 5 }`; a range with one bound ends with the type of its bound: `{ gte: 1 }` finds numbers only. */
export function rangeFilter(store: string, field: string, range: KeyRange): Filter {
  const encode = (value: unknown): string => encodeOperand(store, field, value)
  const bounds = [range.gt, range.gte, range.lt, range.lte].filter((bound) => bound !== undefined)
  if (bounds.length === 0) {
    const problem = `the range of "${field}" has no bound; give gt, gte, lt or lte`
    throw failure('invalid_query', { store, problem })
  }
  const type = encode(bounds[0]).charAt(0)
  let { gte, lt } = { gte: type, lt: type + last }
  if (range.gte !== undefined) gte = encode(range.gte)
  if (range.gt !== undefined) gte = encode(range.gt) + last
  if (range.lte !== undefined) lt = encode(range.lte) + last
  if (range.lt !== undefined) lt = encode(range.lt)
  return { kind: 'range', field, gte, lt }
}

export function matches(filter: Filter, doc: Doc): boolean {
  const value = readPath(doc, filter.field)
  if (filter.kind === 'contains')
    return Array.isArray(value)
      ? value.some((part) => encodeIndexed(part) === filter.value)
      : encodeIndexed(value) === filter.value
  const encoded = encodeIndexed(value)
  switch (filter.kind) {
    case 'eq':
      return encoded === filter.value
    case 'in':
      return filter.values.includes(encoded)
    case 'range':
      return encoded >= filter.gte && encoded < filter.lt
  }
}
