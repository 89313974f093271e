/** The JSON body of a request as typed parameters, with the leniency of GoTrue: null is empty, unknown members are ignored. */
import { httpErrors } from '#base/http'
import type { HttpRequest } from '#base/http'
import { isJsonObject } from '#base/kernel'
import type { JsonObject } from '#base/kernel'
import { authErrors } from './errors.ts'
import { readBody } from './read-body.ts'

/** `text` is '' when absent, the others null. */
type Kind = 'text' | 'optional text' | 'list of text' | 'object' | 'boolean'

interface Values {
  text: string
  'optional text': string | null
  'list of text': readonly string[] | null
  object: JsonObject | null
  boolean: boolean | null
}

export type Params<S> = { readonly [K in keyof S]: S[K] extends Kind ? Values[S[K]] : never }

/** `readParams(request, { email: 'text', data: 'object' })` → `{ email: 'a@b.c', data: null }` */
export async function readParams<const S extends Readonly<Record<string, Kind>>>(
  request: HttpRequest,
  shape: S,
): Promise<Params<S>> {
  const body = await readBody(request)
  return toParams(body, shape)
}

/** The same, where no body is an empty one. */
export async function readOptionalParams<const S extends Readonly<Record<string, Kind>>>(
  request: HttpRequest,
  shape: S,
): Promise<Params<S>> {
  return toParams((await readBody(request)) ?? {}, shape)
}

function toParams<const S extends Readonly<Record<string, Kind>>>(
  body: unknown,
  shape: S,
): Params<S> {
  if (body === undefined) throw httpErrors.invalid_json({ reason: 'unexpected end of JSON input' })
  if (body !== null && !isJsonObject(body)) {
    throw authErrors.badJson({ reason: 'the body must be an object' })
  }
  const members = (body ?? {}) as Record<string, unknown>
  const params = Object.entries(shape).map(([name, kind]) => [name, read(members, name, kind)])
  return Object.fromEntries(params) as Params<S>
}

function read(members: Record<string, unknown>, name: string, kind: Kind): unknown {
  const value = Object.hasOwn(members, name) ? (members[name] ?? null) : null
  if (value === null) return kind === 'text' ? '' : null
  if (kind === 'object') {
    if (isJsonObject(value)) return value
  } else if (kind === 'list of text') {
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
  } else if (typeof value === (kind === 'boolean' ? 'boolean' : 'string')) return value
  const expected = kind === 'optional text' ? 'text' : kind
  throw authErrors.badJson({ reason: `member "${name}" must be ${expected}` })
}
