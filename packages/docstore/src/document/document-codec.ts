/**
 * A document as text: nine characters of when it was written, nine of when it expires (or spaces), a mark, then JSON. Plain JSON
 * is marked 'j' and read by JSON.parse alone; documents with dates or binary are marked 't' and tag those.
 */
import { failure } from '#kernel'
import { bytesOf, isBinary } from '#key'
import type { Doc } from './schema.ts'

export interface DocumentMeta {
  /** Milliseconds since 1970. */
  writtenAt: number
  /** Milliseconds since 1970; undefined is never. */
  expiresAt: number | undefined
}

const width = 9
const never = ' '.repeat(width)
const bodyAt = 2 * width + 1
// 36^9 ms is the year 5188
const stampOf = (ms: number): string => Math.floor(ms).toString(36).padStart(width, '0')

/** Documents of the same millisecond share it: writing the number again cost a put 5 % of its time. */
let latest = { ms: Number.NaN, text: '' }
function stamp(ms: number): string {
  if (ms !== latest.ms) latest = { ms, text: stampOf(ms) }
  return latest.text
}

export function encodeDocument(store: string, doc: Doc, meta: DocumentMeta): string {
  const head =
    stamp(meta.writtenAt) + (meta.expiresAt === undefined ? never : stampOf(meta.expiresAt))
  const problem: Problem = { text: undefined, typed: false }
  inspect(doc, '', problem, 0)
  if (problem.text !== undefined)
    throw failure('invalid_document', { store, problem: problem.text })
  return problem.typed ? `${head}t${JSON.stringify(tag(doc))}` : `${head}j${JSON.stringify(doc)}`
}

export function decodeDocument(text: string): Doc {
  const value = JSON.parse(text.slice(bodyAt)) as Doc
  return text.charCodeAt(bodyAt - 1) === 0x74 ? (untag(value) as Doc) : value
}

export function decodeMeta(text: string): DocumentMeta {
  const expires = text.slice(width, 2 * width)
  return {
    writtenAt: Number.parseInt(text.slice(0, width), 36),
    expiresAt: expires === never ? undefined : Number.parseInt(expires, 36),
  }
}

export function isLive(text: string, now: number): boolean {
  return text.charCodeAt(width) === 0x20 || (decodeMeta(text).expiresAt as number) > now
}

interface Problem {
  text: string | undefined
  typed: boolean
}

// JSON.stringify recurses: deeper ends in a stack overflow, not in an answer
const maxDepth = 500

/** Walks a document once: what JSON would lose silently is an error or needs tags. */
function inspect(value: unknown, at: string, problem: Problem, depth: number): void {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return
    case 'number':
      if (!Number.isFinite(value))
        problem.text ??= `${at || 'the document'} is ${value}, which JSON cannot hold`
      return
    case 'object':
      if (value !== null) inspectObject(value, at, problem, depth)
      return
    default:
      problem.text ??= `${at || 'the document'} is a ${typeof value}, which JSON cannot hold`
  }
}

function inspectObject(value: object, at: string, problem: Problem, depth: number): void {
  if (depth > maxDepth) {
    problem.text ??= `it is nested deeper than ${maxDepth} or contains itself`
    return
  }
  if (Array.isArray(value)) {
    for (const [n, part] of value.entries()) {
      if (part === undefined) problem.text ??= `${at}[${n}] is undefined; write null`
      inspect(part, problem.text === undefined ? `${at}[${n}]` : at, problem, depth + 1)
      if (problem.text !== undefined) return
    }
    return
  }
  const prototype = Object.getPrototypeOf(value) as object | null
  if (prototype === null || prototype === Object.prototype || isForeignPlain(prototype)) {
    for (const name in value) {
      const part = (value as Doc)[name]
      if (typeof part === 'string') continue
      inspect(part, name, problem, depth + 1)
      if (problem.text !== undefined) return
    }
  } else if (value instanceof Date && !Number.isNaN(value.getTime())) problem.typed = true
  else if (isBinary(value)) problem.typed = true
  else
    problem.text ??= `${at || 'the document'} is a ${value.constructor?.name ?? 'object'}, which JSON cannot hold`
}

/** An object literal of another realm (a test runner's). */
const isForeignPlain = (prototype: object): boolean =>
  Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf')

function tag(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return { $date: value.getTime() }
  if (isBinary(value)) return { $binary: encodeBase64(bytesOf(value)) }
  if (Array.isArray(value)) return value.map(tag)
  return mapNames(value as Doc, (name) => (name.startsWith('$') ? `$${name}` : name), tag)
}

function untag(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(untag)
  const { $date, $binary } = value as Doc
  if (typeof $date === 'number') return new Date($date)
  if (typeof $binary === 'string') return decodeBase64($binary)
  return mapNames(value as Doc, (name) => (name.startsWith('$') ? name.slice(1) : name), untag)
}

function mapNames(
  value: Doc,
  rename: (name: string) => string,
  map: (part: unknown) => unknown,
): Doc {
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [rename(name), map(part)]))
}

function encodeBase64(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}

function decodeBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
}
