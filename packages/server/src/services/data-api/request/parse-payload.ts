/** The body: checked, its columns found, its text handed on as one literal. */
import { concatBytes } from '#base/http'
import { isJsonObject, Utf8Text } from '#base/kernel'
import type { Intent, Param, Payload } from './api-request.ts'
import { maxArguments, maxColumns, maxFormBytes, maxFormPairs } from './bounds.ts'
import { decodeUtf8, readQuery } from './decode-query.ts'
import type { QueryPair } from './decode-query.ts'
import { requestErrors } from './errors.ts'
import { JsonScanner } from './json-scanner.ts'
import type { Literals } from './literals.ts'
import { mimeOf } from './media-type.ts'
import type { MediaType } from './media-type.ts'
import { csvToJson } from './parse-csv.ts'

export interface ParsedBody {
  readonly payload: Payload | null
  /** Arguments of a urlencoded call. */
  readonly params: readonly Param[]
}

/** What was found in a body. */
export type InspectedBody =
  | {
      readonly kind: 'json'
      readonly text: string | Utf8Text
      readonly keys: readonly string[]
      readonly isObject: boolean
    }
  | { readonly kind: 'form'; readonly pairs: readonly QueryPair[] }
  | { readonly kind: 'raw'; readonly value: Utf8Text | Uint8Array }

const nothing: ParsedBody = { payload: null, params: [] }
const emptyArray = { kind: 'json', text: '[]', keys: [], isObject: false } as const
/** A larger body is read in pieces (`inspectBody`): JSON.parse of this takes below 1 ms, 5 ms at its worst. */
export const largeBodyBytes = 64 * 1024
/** Of a body of JSON between two chances for others; below 1 ms. */
const bytesATime = 128 * 1024

/** `columns` are those of `columns=`; with them the body is not inspected, Postgres reads it. */
export function parseBody(
  inspected: InspectedBody | null,
  intent: Intent,
  literals: Literals,
): ParsedBody {
  if (inspected === null) return nothing
  const isCall = intent === 'call'
  switch (inspected.kind) {
    case 'json':
      return { payload: jsonPayload(inspected, isCall, literals), params: [] }
    case 'form':
      return formBody(inspected.pairs, isCall, literals)
    case 'raw':
      return rawBody(inspected.value, literals)
  }
}

export interface BodyQuestion {
  readonly contentType: MediaType
  readonly intent: Intent
  /** Those of `columns=`: with them a body of JSON is not inspected, Postgres reads it. */
  readonly columns: readonly string[] | null
}

/** All at once, for small bodies. */
export function inspectNow(body: Uint8Array, question: BodyQuestion): InspectedBody | null {
  const { contentType, intent, columns } = question
  if (contentType.kind === 'json' && columns === null && body.length <= largeBodyBytes)
    return takesBody(intent) ? parseJson(body, intent === 'call') : null
  const steps = inspectBody(body, question)
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
  }
}

/** In pieces of less than 5 ms: between two of them others get their turn. */
export function* inspectBody(
  body: Uint8Array,
  { contentType, intent, columns }: BodyQuestion,
): Generator<void, InspectedBody | null> {
  if (!takesBody(intent)) return null
  const isCall = intent === 'call'
  switch (contentType.kind) {
    case 'json': {
      const bytes = withoutMark(body)
      if (columns === null) return yield* scanJson(bytes, isCall)
      return { kind: 'json', text: new Utf8Text(bytes), keys: columns, isObject: isOpening(bytes) }
    }
    case 'csv': {
      const { keys, json } = yield* csvToJson(decodeUtf8(body))
      return { kind: 'json', text: new Utf8Text(json), keys, isObject: false }
    }
    case 'form':
      return { kind: 'form', pairs: readForm(body, isCall) }
    case 'text':
    case 'xml':
      if (isCall) return { kind: 'raw', value: new Utf8Text(withoutMark(body)) }
      break
    case 'bytes':
      if (isCall) return { kind: 'raw', value: body }
  }
  throw requestErrors.PGRST102({ message: `Content-Type not acceptable: ${mimeOf(contentType)}` })
}

function takesBody(intent: Intent): boolean {
  return intent !== 'read' && intent !== 'delete' && intent !== 'info'
}

function* scanJson(body: Uint8Array, isCall: boolean): Generator<void, InspectedBody> {
  // one name more than a function can have: none fits, but for the one that takes the body as it is
  const maxKeys = isCall ? maxArguments + 1 : maxColumns
  const scanner = new JsonScanner(body, { maxKeys, cutsKeys: isCall })
  while (!scanner.advance(bytesATime)) yield
  const { kind, keys, rows } = scanner.facts
  if (kind === 'scalar' || (kind === 'array' && rows === 0)) return emptyArray
  return { kind: 'json', text: new Utf8Text(body), keys, isObject: kind === 'object' }
}

function parseJson(body: Uint8Array, isCall: boolean): InspectedBody {
  const text = decodeUtf8(body)
  if (text === '' && isCall) return { kind: 'json', text: '{}', keys: [], isObject: true }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw requestErrors.PGRST102({ message: 'Empty or invalid json' }, cause)
  }
  if (isJsonObject(value)) {
    const keys = Object.keys(value).sort()
    return {
      kind: 'json',
      text,
      keys: isCall ? keys.slice(0, maxArguments + 1) : keys,
      isObject: true,
    }
  }
  if (!Array.isArray(value) || value.length === 0) return emptyArray
  return { kind: 'json', text, keys: uniformKeys(value), isObject: false }
}

/** The keys every object of the array has. */
function uniformKeys(rows: readonly unknown[]): string[] {
  const [first] = rows
  if (!isJsonObject(first)) throw requestErrors.PGRST102({ message: 'All object keys must match' })
  const keys = Object.keys(first)
  for (const row of rows) {
    if (!isJsonObject(row) || !sameKeys(row, keys)) {
      throw requestErrors.PGRST102({ message: 'All object keys must match' })
    }
  }
  return keys.sort()
}

function sameKeys(row: object, keys: readonly string[]): boolean {
  let count = 0
  for (const _ in row) count++
  return count === keys.length && keys.every((key) => Object.hasOwn(row, key))
}

/** A table's rows are always an array, so that one object and a list of one have the same SQL. */
function jsonPayload(
  body: InspectedBody & { kind: 'json' },
  isCall: boolean,
  literals: Literals,
): Payload {
  const { text, keys, isObject } = body
  const wrap = isObject && !isCall
  literals.shape += `\0j ${isCall && isObject ? 'object ' : ''}${JSON.stringify(keys)}`
  const slot = literals.add(wrap ? inArray(text) : text)
  return { slot, kind: 'json', keys, isObject }
}

const opening = new Uint8Array([0x5b])
const closing = new Uint8Array([0x5d])

function inArray(text: string | Utf8Text): string | Utf8Text {
  if (typeof text === 'string') return `[${text}]`
  return new Utf8Text(concatBytes([opening, text.bytes, closing], text.bytes.length + 2))
}

function readForm(body: Uint8Array, isCall: boolean): QueryPair[] {
  if (body.length > maxFormBytes)
    throw requestErrors.PGRST102({ message: `A form has at most ${maxFormBytes} bytes; send JSON` })
  const pairs: QueryPair[] = []
  for (const pair of readQuery(decodeUtf8(body)))
    if (pairs.push(pair) > (isCall ? maxFormPairs : maxColumns))
      throw requestErrors.PGRST102({ message: 'The form has too many fields' })
  return pairs
}

function formBody(pairs: readonly QueryPair[], isCall: boolean, literals: Literals): ParsedBody {
  if (isCall) {
    const params = pairs.map(({ name, value }) => ({ name, slot: literals.add(value ?? '') }))
    literals.shape += `\0u${JSON.stringify(pairs.map((pair) => pair.name))}`
    return { payload: null, params }
  }
  const row = Object.fromEntries(pairs.map(({ name, value }) => [name, value ?? '']))
  const keys = Object.keys(row).sort()
  const body = { kind: 'json', text: JSON.stringify(row), keys, isObject: true } as const
  return { payload: jsonPayload(body, false, literals), params: [] }
}

function rawBody(value: Utf8Text | Uint8Array, literals: Literals): ParsedBody {
  literals.shape += '\0b'
  return {
    payload: { slot: literals.add(value), kind: 'raw', keys: [], isObject: false },
    params: [],
  }
}

/** A byte order mark is no part of the text. */
function withoutMark(body: Uint8Array): Uint8Array {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? body.subarray(3) : body
}

function isOpening(body: Uint8Array): boolean {
  const first = body.find(
    (byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d,
  )
  return first === 0x7b
}
