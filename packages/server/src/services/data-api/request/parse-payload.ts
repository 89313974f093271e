/** The body: checked, its columns found, its text handed on as one literal. */
import { isJsonObject } from '#base/kernel'
import type { Intent, Param, Payload } from './api-request.ts'
import { decodeQuery, decodeUtf8 } from './decode-query.ts'
import { requestErrors } from './errors.ts'
import type { Literals } from './literals.ts'
import { mimeOf } from './media-type.ts'
import type { MediaType } from './media-type.ts'
import { csvToJson } from './parse-csv.ts'

export interface ParsedBody {
  readonly payload: Payload | null
  /** Arguments of a urlencoded call. */
  readonly params: readonly Param[]
}

const nothing: ParsedBody = { payload: null, params: [] }
const emptyArray: JsonBody = { text: '[]', keys: [], isObject: false }

/** `columns` are those of `columns=`; with them the body is not inspected, Postgres reads it. */
export function parseBody(
  body: Uint8Array,
  contentType: MediaType,
  intent: Intent,
  columns: readonly string[] | null,
  literals: Literals,
): ParsedBody {
  if (intent === 'read' || intent === 'delete' || intent === 'info') return nothing
  const isCall = intent === 'call'
  switch (contentType.kind) {
    case 'json':
      return { payload: jsonPayload(readJson(body, isCall, columns), isCall, literals), params: [] }
    case 'csv': {
      const { keys, json } = csvToJson(decodeUtf8(body))
      return {
        payload: jsonPayload({ text: json, keys, isObject: false }, isCall, literals),
        params: [],
      }
    }
    case 'form':
      return formBody(decodeUtf8(body), isCall, literals)
    case 'text':
    case 'xml':
      if (isCall) return rawBody(decodeUtf8(body), literals)
      break
    case 'bytes':
      if (isCall) return rawBody(body, literals)
  }
  throw requestErrors.PGRST102({ message: `Content-Type not acceptable: ${mimeOf(contentType)}` })
}

interface JsonBody {
  readonly text: string
  readonly keys: readonly string[]
  readonly isObject: boolean
}

function readJson(body: Uint8Array, isCall: boolean, columns: readonly string[] | null): JsonBody {
  const text = decodeUtf8(body)
  if (columns !== null) return { text, keys: columns, isObject: /^[ \t\r\n]*\{/.test(text) }
  if (text === '' && isCall) return { text: '{}', keys: [], isObject: true }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw requestErrors.PGRST102({ message: 'Empty or invalid json' }, cause)
  }
  if (isJsonObject(value)) return { text, keys: Object.keys(value).sort(), isObject: true }
  if (!Array.isArray(value) || value.length === 0) return emptyArray
  return { text, keys: uniformKeys(value), isObject: false }
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
function jsonPayload(body: JsonBody, isCall: boolean, literals: Literals): Payload {
  const wrap = body.isObject && !isCall
  literals.shape += `\0j ${isCall && body.isObject ? 'object ' : ''}${JSON.stringify(body.keys)}`
  const slot = literals.add(wrap ? `[${body.text}]` : body.text)
  return { slot, kind: 'json', keys: body.keys, isObject: body.isObject }
}

function formBody(text: string, isCall: boolean, literals: Literals): ParsedBody {
  const pairs = decodeQuery(text)
  if (isCall) {
    const params = pairs.map(({ name, value }) => ({ name, slot: literals.add(value ?? '') }))
    literals.shape += `\0u${JSON.stringify(pairs.map((pair) => pair.name))}`
    return { payload: null, params }
  }
  const row = Object.fromEntries(pairs.map(({ name, value }) => [name, value ?? '']))
  const body = { text: JSON.stringify(row), keys: Object.keys(row).sort(), isObject: true }
  return { payload: jsonPayload(body, false, literals), params: [] }
}

function rawBody(value: string | Uint8Array, literals: Literals): ParsedBody {
  literals.shape += '\0b'
  return {
    payload: { slot: literals.add(value), kind: 'raw', keys: [], isObject: false },
    params: [],
  }
}
