/** What one row of the option table is, and the constructors rows are written with. */
import { formatBytes, formatDuration, parseBytes, parseDuration } from './units.ts'

/** One option: how its value is read (TOML value or text of an environment variable), its default, what it is for. */
export interface Option<T> {
  /** For people: `port`, `duration`, `list of text`. */
  readonly type: string
  /** Throws an `Error` that says what is expected. */
  readonly parse: (raw: unknown) => T
  readonly default: T
  /** Masked wherever the configuration is shown. */
  readonly secret: boolean
  readonly doc: string
  /** The value as it would be written in config.toml. */
  print(value: T): unknown
  /** Fields of the tables of a dynamic section; null for a plain value. */
  readonly fields: Fields | null
  /** Names a dynamic section may use; null when any. */
  readonly names: readonly string[] | null
}

export type Fields = Readonly<Record<string, AnyOption>>
export type AnyOption = Option<unknown>
export type ValueOf<O> = O extends { readonly parse: (raw: unknown) => infer T } ? T : never
/** The value of a dynamic section: tables by name. */
export type Tables<F> = Readonly<Record<string, { readonly [K in keyof F]: ValueOf<F[K]> }>>

interface Basics<T> {
  readonly type: string
  readonly parse: (raw: unknown) => T
  readonly print?: (value: T) => unknown
}

function option<T>(basics: Basics<T>, initial: T, doc: string): Option<T> {
  return {
    type: basics.type,
    parse: basics.parse,
    print: basics.print ?? ((value) => value),
    default: initial,
    doc,
    secret: false,
    fields: null,
    names: null,
  }
}

export function text(initial: string, doc: string): Option<string> {
  return option({ type: 'text', parse: parseText }, initial, doc)
}

export function boolean(initial: boolean, doc: string): Option<boolean> {
  return option({ type: 'true or false', parse: parseBoolean }, initial, doc)
}

export function integer(
  initial: number,
  doc: string,
  min = 0,
  max: number = Number.MAX_SAFE_INTEGER,
): Option<number> {
  const parse = (raw: unknown): number => parseInteger(raw, min, max)
  return option({ type: 'integer', parse }, initial, doc)
}

/** 0 to 1. */
export function fraction(initial: number, doc: string): Option<number> {
  return option({ type: 'number from 0 to 1', parse: parseFraction }, initial, doc)
}

export function port(initial: number, doc: string): Option<number> {
  return { ...integer(initial, doc, 1, 65535), type: 'port' }
}

/** Items of a list; in an environment variable separated by commas. */
export function list(initial: readonly string[], doc: string): Option<readonly string[]> {
  return option({ type: 'list of text', parse: parseList }, initial, doc)
}

/** Milliseconds, written as Go does: `1h30m`, `1.5s`. A bare number is seconds. */
export function duration(initial: string, doc: string): Option<number> {
  const basics = { type: 'duration', parse: parseDuration, print: formatDuration }
  return option(basics, parseDuration(initial), doc)
}

/** What a timer of Node's can wait for: past 2^31 ms it would run at once. */
const longestTimer = '576h'

/** A duration that somebody waits for, at most 24 days. */
export function wait(initial: string, doc: string): Option<number> {
  const parse = (raw: unknown): number => {
    const ms = parseDuration(raw)
    if (ms > parseDuration(longestTimer)) throw new Error(`expected at most ${longestTimer}`)
    return ms
  }
  return { ...duration(initial, doc), parse }
}

/** Bytes, written with a binary unit: `50MiB`. A bare number is bytes. */
export function bytes(initial: string, doc: string): Option<number> {
  const basics = { type: 'size', parse: parseBytes, print: formatBytes }
  return option(basics, parseBytes(initial), doc)
}

export function choice<const T extends string>(
  allowed: readonly T[],
  initial: NoInfer<T>,
  doc: string,
): Option<T> {
  const parse = (raw: unknown): T => {
    const found = allowed.find((item) => item === String(raw))
    if (found === undefined) throw new Error(`expected ${allowed.map(quote).join(', ')}`)
    return found
  }
  return option({ type: allowed.map(quote).join(' or '), parse }, initial, doc)
}

/** Text by name, names as the user likes: `[db.settings]`. Numbers and booleans are taken as text. */
export function textTable(doc: string): Option<Readonly<Record<string, string>>> {
  return option<Readonly<Record<string, string>>>(
    { type: 'table of text', parse: parseTextTable },
    {},
    doc,
  )
}

/** Any TOML value, kept as it is. */
export function anything(doc: string): Option<Readonly<Record<string, unknown>>> {
  const parse = (raw: unknown): Readonly<Record<string, unknown>> => {
    if (!isTable(raw)) throw new Error('expected a table')
    return raw
  }
  return option({ type: 'table', parse }, {}, doc)
}

/** A section whose tables are named by the user: `[storage.buckets.avatars]`. The loader reads it field by field. */
export function tables<const F extends Fields>(
  fields: F,
  doc: string,
  names: readonly string[] | null = null,
): Option<Tables<F>> {
  const parse = (raw: unknown): Tables<F> => {
    if (!isTable(raw)) throw new Error('expected a table')
    return raw as Tables<F>
  }
  return { ...option<Tables<F>>({ type: 'tables', parse }, {}, doc), fields, names }
}

/** The same option, unset by default. Empty text unsets it again. */
export function unset<T>(given: Option<T>): Option<T | null> {
  return {
    ...given,
    default: null,
    parse: (raw) => (raw === '' ? null : given.parse(raw)),
    print: (value) => (value === null ? null : given.print(value)),
  }
}

/** The same option, masked wherever it is shown. */
export function secret<T>(given: Option<T>): Option<T> {
  return { ...given, secret: true }
}

/** The same option, for the Supabase CLI or the hosted platform only. */
export function accepted<T>(given: Option<T>): Option<T> {
  return { ...given, doc: `${given.doc} Accepted, without effect here.` }
}

export function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
  )
}

function quote(item: string): string {
  return `"${item}"`
}

function parseText(raw: unknown): string {
  if (typeof raw === 'string') return raw
  throw new Error('expected text in quotes')
}

function parseBoolean(raw: unknown): boolean {
  if (typeof raw === 'boolean') return raw
  if (typeof raw === 'string') {
    if (/^(true|1|t|yes|on)$/i.test(raw)) return true
    if (/^(false|0|f|no|off)$/i.test(raw)) return false
  }
  throw new Error('expected true or false')
}

function parseFraction(raw: unknown): number {
  const isText = typeof raw === 'string' && raw.trim() !== ''
  const value = isText ? Number(raw) : raw
  if (typeof value !== 'number' || !(value >= 0 && value <= 1))
    throw new Error('expected a number from 0 to 1')
  return value
}

function parseInteger(raw: unknown, min: number, max: number): number {
  const value = typeof raw === 'string' && /^-?\d+$/.test(raw) ? Number(raw) : raw
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw new Error('expected a whole number')
  if (value >= min && value <= max) return value
  const bound = max === Number.MAX_SAFE_INTEGER ? `at least ${min}` : `from ${min} to ${max}`
  throw new Error(`expected a whole number ${bound}`)
}

function parseList(raw: unknown): readonly string[] {
  const items = typeof raw === 'string' ? raw.split(',').map((item) => item.trim()) : raw
  if (!Array.isArray(items) || !items.every((item) => typeof item === 'string')) {
    throw new Error('expected a list of texts')
  }
  return Object.freeze(items.filter((item) => item !== ''))
}

function parseTextTable(raw: unknown): Readonly<Record<string, string>> {
  if (!isTable(raw)) throw new Error('expected a table of texts')
  const entries = Object.entries(raw).map(([name, value]) => {
    if (!['string', 'number', 'boolean', 'bigint'].includes(typeof value)) {
      throw new Error(`expected text for ${name}`)
    }
    return [name, String(value)]
  })
  return Object.freeze(Object.fromEntries(entries) as Record<string, string>)
}
