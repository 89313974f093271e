/** Which media type answers the Accept header, and what renders it. */
import type { Catalog, QualifiedName } from '#base/catalog'
import { sameName } from '#base/catalog'
import { mimeOf } from '#services/data-api/request'
import type { MediaType } from '#services/data-api/request'
import { planErrors } from './errors.ts'
import type { Explain, ReadNode, Rendering } from './plan.ts'

export interface Negotiated {
  readonly rendering: Rendering
  readonly mediaType: MediaType
  readonly explain: Explain | null
}

export interface Negotiation {
  readonly accept: readonly MediaType[]
  readonly catalog: Catalog
  /** The relation or function that answers. */
  readonly target: QualifiedName
  readonly tree: ReadNode
  readonly explainAllowed: boolean
}

/** The first acceptable type; PGRST107 if there is none. */
export function negotiate(negotiation: Negotiation): Negotiated {
  for (const type of negotiation.accept) {
    const found = match(type, negotiation)
    if (found !== null) return found
  }
  throw planErrors.PGRST107({ types: negotiation.accept.map(mimeOf) })
}

function match(type: MediaType, negotiation: Negotiation): Negotiated | null {
  if (type.kind === 'object' || type.kind === 'array') {
    const { kind, stripNulls } = type
    return { rendering: { kind, stripNulls }, mediaType: type, explain: null }
  }
  if (type.kind === 'plan') {
    if (!negotiation.explainAllowed) return null
    const inner = match(type.of, negotiation)
    if (inner === null) return null
    const { format, options } = type
    return { rendering: inner.rendering, mediaType: type, explain: { format, options } }
  }
  return custom(type, negotiation) ?? builtin(type)
}

function builtin(type: MediaType): Negotiated | null {
  switch (type.kind) {
    case 'any':
    case 'json':
      return {
        rendering: { kind: 'array', stripNulls: false },
        mediaType: { kind: 'json' },
        explain: null,
      }
    case 'csv':
    case 'geojson':
      return { rendering: { kind: type.kind }, mediaType: type, explain: null }
    default:
      return null
  }
}

/** A handler of the database: for this relation (only of whole rows), else for any row. */
function custom(type: MediaType, { catalog, target, tree }: Negotiation): Negotiated | null {
  const handlers = catalog.data.mediaHandlers
  if (handlers.length === 0) return null
  const mime = mimeOf(type)
  const forTarget = selectsAll(tree)
    ? (handlers.find(
        (h) => h.target !== null && sameName(h.target, target) && h.accepts === '*/*',
      ) ??
      handlers.find((h) => h.target !== null && sameName(h.target, target) && h.accepts === mime))
    : undefined
  const handler = forTarget ?? handlers.find((h) => h.target === null && h.accepts === mime)
  if (handler === undefined) return null
  return {
    rendering: {
      kind: 'custom',
      routine: handler.routine,
      target: handler.target,
      isBytes: handler.isBytes,
    },
    mediaType: handler.mime === mime && type.kind !== 'any' ? type : knownType(handler.mime),
    explain: null,
  }
}

function knownType(mime: string): MediaType {
  return mime === 'application/octet-stream' ? { kind: 'bytes' } : { kind: 'other', mime }
}

function selectsAll({ columns, embeds }: ReadNode): boolean {
  return columns.length === 1 && columns[0]?.field.name === '*' && embeds.length === 0
}
