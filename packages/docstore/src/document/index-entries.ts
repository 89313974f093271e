/** A document's entries in an index: key → the document's own encoded key. */
import { encodeIndexed, encodeKey, last, tags } from '#key'
import { indexPrefix, type StoredIndex } from './catalog.ts'
import { readPath, type Doc } from './schema.ts'

/**
 * Every document has an entry in every index that is not multi-entry, so that a walk over a prefix misses none. In a unique
 * index the entry of a document that has all fields carries no primary key: two of them meet in one place.
 */
export function indexEntries(index: StoredIndex, doc: Doc, primaryKey: string): string[] {
  const prefix = indexPrefix(index.id)
  if (index.multiEntry) {
    const value = readPath(doc, index.fields[0] as string)
    const parts = Array.isArray(value) ? value : value === undefined ? [] : [value]
    const encoded = new Set(parts.map(encodeIndexed))
    return [...encoded].map((part) => entryKey(index, prefix, part, isComparable(part), primaryKey))
  }
  let values = ''
  let complete = true
  for (const field of index.fields) {
    const part = encodeIndexed(readPath(doc, field))
    if (!isComparable(part)) complete = false
    values += part
  }
  return [entryKey(index, prefix, values, complete, primaryKey)]
}

function entryKey(
  index: StoredIndex,
  prefix: string,
  values: string,
  complete: boolean,
  primaryKey: string,
): string {
  return index.unique && complete ? prefix + values : prefix + values + primaryKey
}

/** Absent, null and what has no order are never equal to anything, as in SQL. */
const isComparable = (part: string): boolean =>
  part !== tags.absent && part !== tags.null && part !== tags.other

/** Where a unique index has its only entry for these values; undefined when they do not say one place. */
export function uniquePlace(index: StoredIndex, values: readonly unknown[]): string | undefined {
  if (!index.unique || values.length !== index.fields.length) return undefined
  const parts = values.map(encodeIndexed)
  return parts.every(isComparable) ? indexPrefix(index.id) + parts.join('') : undefined
}

/** Bounds of a range; a scalar is the first field, an array the leading fields. */
export interface KeyRange<V = unknown> {
  readonly gt?: V
  readonly gte?: V
  readonly lt?: V
  readonly lte?: V
}

/** Engine range of the entries behind `prefix` within the bounds. Equal values are in under `gte` and `lte`, whatever follows them. */
export function boundsOf(
  prefix: string,
  range: KeyRange | undefined,
  encode: (value: unknown) => string,
): { gte: string; lt: string } {
  let { gte, lt } = { gte: prefix, lt: prefix + last }
  if (range?.gte !== undefined) gte = prefix + encode(range.gte)
  if (range?.gt !== undefined) gte = prefix + encode(range.gt) + last
  if (range?.lte !== undefined) lt = prefix + encode(range.lte) + last
  if (range?.lt !== undefined) lt = prefix + encode(range.lt)
  return { gte, lt }
}

/** `encodeTuple('a')`, `encodeTuple(['a', 1])`: the leading values of an index. */
export function encodeTuple(value: unknown): string {
  return Array.isArray(value) ? value.map(encodeIndexed).join('') : encodeIndexed(value)
}

export const encodeScalar = (value: unknown): string => encodeKey(value) ?? encodeIndexed(value)
