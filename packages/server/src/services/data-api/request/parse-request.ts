/** parse: an HTTP request becomes an ApiRequest, or an error of this stage. */
import type { ApiRequest, Intent, RequestInput, RequestOptions, Target } from './api-request.ts'
import { canonicalQuery } from './canonical-query.ts'
import { decodeComponent, decodeQuery } from './decode-query.ts'
import type { QueryPair } from './decode-query.ts'
import { requestErrors } from './errors.ts'
import { Literals } from './literals.ts'
import { parseAccept, parseMediaType } from './media-type.ts'
import { limitOf, offsetOf } from './page-limit.ts'
import { inspectBody, inspectNow, largeBodyBytes, parseBody } from './parse-payload.ts'
import type { InspectedBody } from './parse-payload.ts'
import { parseParameters } from './parse-parameters.ts'
import type { Parameters } from './parse-parameters.ts'
import { parseRange } from './parse-range.ts'
import { parsePreferences } from './preferences.ts'

const noBytes = new Uint8Array()

/**
 * `GET /todos?select=id&done=is.true` → target `todos`, intent `read`, one column, one filter.
 * `body` is the whole body, empty when there is none; `inspected` what `inspectLargeBody` found in it. Throws `requestErrors`.
 */
export function parseRequest(
  input: RequestInput,
  body: Uint8Array | null,
  options: RequestOptions,
  inspected?: InspectedBody | null,
): ApiRequest {
  const { method, headers } = input
  refuseNul(input)
  const target = parseTarget(input.path)
  const profile = chooseSchema(input, options)
  const intent = intentOf(target, method)
  const literals = new Literals()
  const pairs = withoutIgnored(decodeQuery(input.query), options.ignored)
  const isRpcRead = intent === 'call' && method !== 'POST'
  const parameters = parseParameters(pairs, intent, isRpcRead, literals)
  const range = requestRange(parameters, input, intent)
  const contentType = parseMediaType(headers['content-type'] ?? 'application/json')
  const parsed = isRpcRead
    ? { payload: null, params: parameters.params }
    : parseBody(
        inspected ??
          inspectNow(body ?? noBytes, { contentType, intent, columns: parameters.columns }),
        intent,
        literals,
      )
  const top = topRange(range, literals)
  const shape = `${method}\0${profile.schema}\0${target.kind}\0${target.kind === 'root' ? '' : target.name}${literals.shape}\0${headers.prefer ?? ''}\0${headers.accept ?? ''}\0${contentType.kind}`
  return {
    method,
    target,
    intent,
    headersOnly: method === 'HEAD',
    schema: profile.schema,
    negotiatedByProfile: profile.negotiatedByProfile,
    select: parameters.select,
    logic: parameters.logic,
    hasTopLogicTree: parameters.hasTopLogicTree,
    filterNames: parameters.filterNames,
    order: parameters.order,
    ranges: top === null ? parameters.embedRanges : [top, ...parameters.embedRanges],
    range,
    onConflict: parameters.onConflict,
    columns: parameters.columns,
    params: parsed.params,
    preferences: parsePreferences(headers.prefer, options.txOverride),
    accept: parseAccept(headers.accept),
    contentType,
    payload: parsed.payload,
    values: literals.values,
    shape,
    canonicalQuery: intent === 'read' ? canonicalQuery(input.query, pairs) : '',
  }
}

/** The steps of reading a body that is too large to be read at once; null for one that is not. */
export function inspectLargeBody(
  input: RequestInput,
  body: Uint8Array,
): Generator<void, InspectedBody | null> | null {
  if (body.length <= largeBodyBytes) return null
  const target = parseTarget(input.path)
  const intent = intentOf(target, input.method)
  const contentType = parseMediaType(input.headers['content-type'] ?? 'application/json')
  const named = intent !== 'upsert' && columnsPattern.test(input.query)
  // with the columns in the query it is not looked at
  if (contentType.kind === 'json' && named) return null
  return inspectBody(body, { contentType, intent, columns: null })
}

const columnsPattern = /(?:^|[&;])columns=/

function withoutIgnored(pairs: QueryPair[], ignored: readonly string[]): QueryPair[] {
  for (const { name } of pairs) {
    if (ignored.includes(name)) return pairs.filter((pair) => !ignored.includes(pair.name))
  }
  return pairs
}

/** No text of Postgres holds a NUL, and shapes rely on it: parts of a shape are separated by NUL. */
function refuseNul({ path, query }: RequestInput): void {
  if (path.includes('%00') || query.includes('%00') || query.includes('\0')) {
    throw requestErrors['22021']({ bytes: '0x00' })
  }
}

function parseTarget(path: string): Target {
  const parts = path.split('/').slice(1)
  if (parts.length > 1 && parts.at(-1) === '') parts.pop()
  const [first = '', second] = parts.map((part) => decodeComponent(part, false))
  if (parts.length === 1) return first === '' ? { kind: 'root' } : { kind: 'relation', name: first }
  if (parts.length === 2 && first === 'rpc') return { kind: 'routine', name: second as string }
  if (parts.length === 0) return { kind: 'root' }
  throw requestErrors.PGRST125()
}

const writeIntents: Readonly<Record<string, Intent>> = {
  POST: 'insert',
  PATCH: 'update',
  PUT: 'upsert',
  DELETE: 'delete',
}

function intentOf(target: Target, method: string): Intent {
  if (method === 'OPTIONS') return 'info'
  const isRead = method === 'GET' || method === 'HEAD'
  if (target.kind === 'routine') {
    if (isRead || method === 'POST') return 'call'
    throw requestErrors.PGRST101({ method })
  }
  const intent = isRead ? 'read' : target.kind === 'relation' ? writeIntents[method] : undefined
  if (intent === undefined) throw requestErrors.PGRST117({ method })
  return intent
}

function chooseSchema(
  { method, headers }: RequestInput,
  { schemas, defaultAlias }: RequestOptions,
): { schema: string; negotiatedByProfile: boolean } {
  const writes = method in writeIntents
  const wanted = writes ? headers['content-profile'] : headers['accept-profile']
  if (wanted === undefined || wanted === defaultAlias) {
    return { schema: schemas[0] ?? 'public', negotiatedByProfile: schemas.length !== 1 }
  }
  if (!schemas.includes(wanted)) throw requestErrors.PGRST106({ schema: wanted, schemas })
  return { schema: wanted, negotiatedByProfile: true }
}

function requestRange(
  { limit, offset }: Parameters,
  { method, headers }: RequestInput,
  intent: Intent,
): ApiRequest['range'] {
  const range = parseRange(limit, offset, method === 'GET' ? headers.range : undefined)
  if (intent === 'upsert' && (range.limit !== null || range.offset !== 0)) {
    throw requestErrors.PGRST114()
  }
  return range
}

/** The top level's range as literals of the query. */
function topRange(
  { limit, offset }: ApiRequest['range'],
  literals: Literals,
): ApiRequest['ranges'][number] | null {
  if (limit === null && offset === 0) return null
  literals.shape += '\0r'
  return {
    path: [],
    limit: limit === null ? null : limitOf(limit, literals),
    offset: offsetOf(offset, literals),
  }
}
