/** Media types the data API knows, parsed from Accept and Content-Type. */
import { BoundedCache } from '#base/kernel'

export type PlanOption = 'analyze' | 'verbose' | 'settings' | 'buffers' | 'wal'

export type MediaType =
  | {
      readonly kind:
        | 'json'
        | 'geojson'
        | 'csv'
        | 'text'
        | 'xml'
        | 'openapi'
        | 'form'
        | 'bytes'
        | 'any'
    }
  | { readonly kind: 'object'; readonly stripNulls: boolean }
  | { readonly kind: 'array'; readonly stripNulls: true }
  | {
      readonly kind: 'plan'
      readonly of: MediaType
      readonly format: 'json' | 'text'
      readonly options: readonly PlanOption[]
    }
  | { readonly kind: 'other'; readonly mime: string }

const plain: Readonly<Record<string, MediaType>> = {
  'application/json': { kind: 'json' },
  'application/geo+json': { kind: 'geojson' },
  'text/csv': { kind: 'csv' },
  'text/plain': { kind: 'text' },
  'text/xml': { kind: 'xml' },
  'application/openapi+json': { kind: 'openapi' },
  'application/x-www-form-urlencoded': { kind: 'form' },
  'application/octet-stream': { kind: 'bytes' },
  '*/*': { kind: 'any' },
}

const planOptions: readonly PlanOption[] = ['analyze', 'verbose', 'settings', 'buffers', 'wal']

const typePattern = /^([A-Za-z0-9.*]+)\/([A-Za-z0-9.*+-]+)/
const paramPattern = /\s*;\s*([A-Za-z0-9-]+)\s*=\s*(?:"([^"]*)"|([A-Za-z0-9|.-]+))/gy

/** `parseMediaType('application/vnd.pgrst.object+json;nulls=stripped')` → `{ kind: 'object', stripNulls: true }` */
export function parseMediaType(text: string): MediaType {
  const known = plain[text]
  if (known !== undefined) return known
  const match = typePattern.exec(text)
  if (match === null) return { kind: 'other', mime: text }
  const name = match[0].toLowerCase()
  const params = parseParams(text, match[0].length)
  const stripNulls = params.get('nulls') === 'stripped'
  switch (name) {
    case 'application/vnd.pgrst.object+json':
    case 'application/vnd.pgrst.object':
      return { kind: 'object', stripNulls }
    case 'application/vnd.pgrst.array+json':
    case 'application/vnd.pgrst.array':
      return stripNulls ? { kind: 'array', stripNulls } : { kind: 'json' }
    case 'application/vnd.pgrst.plan':
    case 'application/vnd.pgrst.plan+text':
      return planType(params, 'text')
    case 'application/vnd.pgrst.plan+json':
      return planType(params, 'json')
    default:
      return plain[name] ?? { kind: 'other', mime: text }
  }
}

function parseParams(text: string, from: number): Map<string, string> {
  const params = new Map<string, string>()
  paramPattern.lastIndex = from
  for (let m = paramPattern.exec(text); m !== null; m = paramPattern.exec(text)) {
    params.set((m[1] ?? '').toLowerCase(), m[2] ?? m[3] ?? '')
  }
  return params
}

function planType(params: ReadonlyMap<string, string>, format: 'json' | 'text'): MediaType {
  const wanted = (params.get('options') ?? '').split('|')
  return {
    kind: 'plan',
    of: parseMediaType(params.get('for') ?? 'application/json'),
    format,
    options: planOptions.filter((option) => wanted.includes(option)),
  }
}

const mimes = {
  json: 'application/json',
  geojson: 'application/geo+json',
  csv: 'text/csv',
  text: 'text/plain',
  xml: 'text/xml',
  openapi: 'application/openapi+json',
  form: 'application/x-www-form-urlencoded',
  bytes: 'application/octet-stream',
  any: '*/*',
} as const

/** The media type as it is written in an error or a header, without charset. */
export function mimeOf(type: MediaType): string {
  switch (type.kind) {
    case 'object':
      return `application/vnd.pgrst.object+json${type.stripNulls ? ';nulls=stripped' : ''}`
    case 'array':
      return 'application/vnd.pgrst.array+json;nulls=stripped'
    case 'other':
      return type.mime
    case 'plan': {
      const options = type.options.length === 0 ? '' : `; options=${type.options.join('|')}`
      return `application/vnd.pgrst.plan+${type.format}; for="${mimeOf(type.of)}"${options}`
    }
    default:
      return mimes[type.kind]
  }
}

/** The value of the Content-Type header: `application/json; charset=utf-8`. */
export function contentTypeOf(type: MediaType): string {
  const mime = mimeOf(type)
  return type.kind === 'bytes' || type.kind === 'other' ? mime : `${mime}; charset=utf-8`
}

const anything: readonly MediaType[] = [{ kind: 'any' }]
const seen = new BoundedCache<string, readonly MediaType[]>(256)

/** The media types of an Accept header, the preferred first: `text/csv;q=0.5, application/json` → json, csv. */
export function parseAccept(header: string | undefined): readonly MediaType[] {
  if (header === undefined || header === '*/*') return anything
  const cached = seen.get(header)
  if (cached !== undefined) return cached
  const types = splitOutsideQuotes(header)
    .map((part, at) => ({ ...withoutQuality(part.trim()), at }))
    .sort((a, b) => b.quality - a.quality || a.at - b.at)
    .map((entry) => parseMediaType(entry.text))
  if (header.length <= 512) seen.set(header, types)
  return types
}

function withoutQuality(text: string): { text: string; quality: number } {
  const match = /\s*;\s*q=([0-9.]+)/i.exec(text)
  if (match === null) return { text, quality: 1 }
  const quality = Number(match[1])
  return {
    text: text.slice(0, match.index) + text.slice(match.index + match[0].length),
    quality: Number.isNaN(quality) ? 1 : quality,
  }
}

function splitOutsideQuotes(text: string): string[] {
  return text.match(/(?:"[^"]*"|[^,"])+/g) ?? []
}
