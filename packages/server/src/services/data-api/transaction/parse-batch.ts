/** The body of a client transaction: `{ steps: […], isolation? }`. */
import { isJsonObject } from '#base/kernel'
import type { JsonObject } from '#base/kernel'
import { transactionErrors } from './errors.ts'
import { parseReference } from './references.ts'
import type { Reference } from './references.ts'

/** One request of the transaction. */
export interface Step {
  /** What later steps may call it, besides its number. */
  readonly name: string | null
  readonly method: string
  /** Percent-encoded, below `/rest/v1`: `/orders`. */
  readonly path: string
  readonly query: string
  /** Undefined when there is none. */
  readonly body: unknown
  readonly headers: Readonly<Record<string, string>>
  /** Values of the query that stand for earlier results, by what stands there. */
  readonly refs: ReadonlyMap<string, Reference>
}

export interface Batch {
  readonly isolation: Isolation | null
  readonly steps: readonly Step[]
}

const isolations = ['read committed', 'repeatable read', 'serializable'] as const
export type Isolation = (typeof isolations)[number]

export const maxSteps = 100

const malformed = (details: string): Error => transactionErrors.BTX01({ details })

/** Throws BTX01. */
export function parseBatch(value: unknown): Batch {
  if (!isJsonObject(value)) throw malformed('The body must be an object with a list of steps')
  refuseUnknown(value, ['steps', 'isolation'], 'the transaction')
  const { steps, isolation } = value
  if (!Array.isArray(steps) || steps.length === 0)
    throw malformed('steps must be a list, not empty')
  if (steps.length > maxSteps)
    throw malformed(`There are ${steps.length} steps; at most ${maxSteps} are allowed`)
  const level = isolations.find((name) => name === isolation) ?? null
  if (isolation !== undefined && level === null)
    throw malformed(`isolation must be one of: ${isolations.join(', ')}`)
  const names = new Set<string>()
  return {
    isolation: level,
    steps: steps.map((step: unknown, index) => parseStep(step, index, names)),
  }
}

/** Short forms: what is after the name is a table or function, with a query or without. */
const verbs: Readonly<Record<string, { method: string; prefix: string; prefer: string | null }>> = {
  select: { method: 'GET', prefix: '/', prefer: null },
  insert: { method: 'POST', prefix: '/', prefer: 'return=representation' },
  upsert: {
    method: 'POST',
    prefix: '/',
    prefer: 'return=representation,resolution=merge-duplicates',
  },
  update: { method: 'PATCH', prefix: '/', prefer: 'return=representation' },
  delete: { method: 'DELETE', prefix: '/', prefer: 'return=representation' },
  rpc: { method: 'POST', prefix: '/rpc/', prefer: null },
}

const common = ['body', 'prefer', 'accept', 'schema', 'as', 'refs']

function parseStep(value: unknown, index: number, names: Set<string>): Step {
  const where = `step ${index}`
  if (!isJsonObject(value)) throw malformed(`${where} must be an object`)
  const { method, target, prefer } = parseRequestLine(value, where)
  const mark = target.indexOf('?')
  const body = value['body']
  if (body !== undefined && (method === 'GET' || method === 'HEAD' || method === 'DELETE'))
    throw malformed(`${where}: ${method} takes no body`)
  const path = mark === -1 ? target : target.slice(0, mark)
  return {
    name: parseName(value['as'], where, names),
    method,
    path: path.startsWith('/') ? path : `/${path}`,
    query: mark === -1 ? '' : target.slice(mark + 1),
    body,
    headers: parseHeaders(value, prefer, where),
    refs: parseRefs(value['refs'], where),
  }
}

const methods = ['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE']

/** Either method and path, or a verb. */
function parseRequestLine(
  step: JsonObject,
  where: string,
): { method: string; target: string; prefer: string | null } {
  const [verb, second] = Object.keys(verbs).filter((name) => step[name] !== undefined)
  if (verb === undefined) {
    refuseUnknown(step, [...common, 'method', 'path'], where)
    const { method = 'GET' } = step
    if (typeof method !== 'string' || !methods.includes(method))
      throw malformed(`${where}: method must be one of ${methods.join(', ')}`)
    const path = text(step['path'], 'path', where)
    return { method, target: path.replace(/^\/rest\/v1(?=\/)/, ''), prefer: null }
  }
  refuseUnknown(step, [...common, verb], where)
  if (second !== undefined) throw malformed(`${where}: ${verb} and ${second} are two steps`)
  const { method, prefix, prefer } = verbs[verb] as (typeof verbs)[string]
  return { method, target: prefix + text(step[verb], verb, where), prefer }
}

const jsonTypes =
  /^application\/(?:json|vnd\.pgrst\.(?:object|array)\+json)(?: *; *nulls=stripped)?$/

function parseHeaders(
  step: JsonObject,
  prefer: string | null,
  where: string,
): Record<string, string> {
  const given = optionalText(step['prefer'], 'prefer', where)
  const accept = optionalText(step['accept'], 'accept', where) ?? 'application/json'
  const schema = optionalText(step['schema'], 'schema', where)
  if (!jsonTypes.test(accept)) throw malformed(`${where}: accept must be a JSON media type`)
  // of two values for one preference the first counts: what the step says
  const preferences = [given, prefer].filter((part) => part !== null).join(',')
  return {
    accept,
    'content-type': 'application/json',
    ...(preferences === '' ? {} : { prefer: preferences }),
    ...(schema === null ? {} : { 'accept-profile': schema, 'content-profile': schema }),
  }
}

function parseName(value: unknown, where: string, names: Set<string>): string | null {
  const name = optionalText(value, 'as', where)
  if (name === null) return null
  if (!/^[A-Za-z_]\w{0,62}$/.test(name))
    throw malformed(`${where}: as must be a name of letters, digits and _`)
  if (names.has(name)) throw malformed(`${where}: there is a step '${name}' already`)
  names.add(name)
  return name
}

function parseRefs(value: unknown, where: string): ReadonlyMap<string, Reference> {
  if (value === undefined) return new Map()
  if (!isJsonObject(value)) throw malformed(`${where}: refs must be an object`)
  return new Map(
    Object.entries(value).map(([marker, path]) => {
      const reference = parseReference(path)
      if (marker === '' || reference === null)
        throw malformed(`${where}: refs must give a path such as "0.0.id" for each marker`)
      return [marker, reference]
    }),
  )
}

// oxlint-disable-next-line no-control-regex -- no header and no URL can hold them, and shapes are separated by NUL
const unfit = /[\u0000-\u001f\u007f]|\p{Surrogate}/u

function text(value: unknown, field: string, where: string): string {
  if (typeof value !== 'string' || value === '' || unfit.test(value))
    throw malformed(`${where}: ${field} must be a text without control characters`)
  return value
}

function optionalText(value: unknown, field: string, where: string): string | null {
  return value === undefined || value === null ? null : text(value, field, where)
}

function refuseUnknown(value: JsonObject, known: readonly string[], where: string): void {
  const unknown = Object.keys(value).find((name) => !known.includes(name))
  if (unknown !== undefined) throw malformed(`${where} has no field '${unknown}'`)
}
