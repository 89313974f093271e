/** A data-API request as a value: what is asked, with every literal pulled out into `values`. */
import type { Utf8Text } from '#base/kernel'
import type { MediaType } from './media-type.ts'
import type { Preferences } from './preferences.ts'

/** The index of a literal in `ApiRequest.values`. */
export type Slot = number

/** A literal of the request: text, a list of texts (`in.(…)`, a repeated rpc argument), or null for "none". */
export type SlotValue = string | readonly string[] | Uint8Array | Utf8Text | null

export type Intent = 'read' | 'insert' | 'update' | 'upsert' | 'delete' | 'call' | 'info'

export type Target =
  | { readonly kind: 'relation'; readonly name: string }
  | { readonly kind: 'routine'; readonly name: string }
  | { readonly kind: 'root' }

export interface JsonStep {
  /** `->>` instead of `->`. */
  readonly asText: boolean
  readonly key: string
  /** The key is an array index (`-1` counts from the end). */
  readonly isIndex: boolean
}

/** A column, possibly followed into JSON: `data->a->>0`. */
export interface FieldRef {
  readonly name: string
  readonly path: readonly JsonStep[]
}

export type Aggregate = 'sum' | 'avg' | 'count' | 'max' | 'min'

export interface ColumnItem {
  readonly kind: 'column'
  /** `*` for the whole row. */
  readonly field: FieldRef
  readonly alias: string | null
  readonly cast: string | null
  readonly aggregate: Aggregate | null
  readonly aggregateCast: string | null
}

export interface EmbedItem {
  readonly kind: 'embed'
  readonly name: string
  readonly alias: string | null
  readonly hint: string | null
  readonly join: 'left' | 'inner' | null
  /** `...name(…)`: its columns join the parent's row. */
  readonly spread: boolean
  readonly select: readonly SelectItem[]
}

export type SelectItem = ColumnItem | EmbedItem

export type CompareOperator =
  | 'eq'
  | 'neq'
  | 'gt'
  | 'gte'
  | 'lt'
  | 'lte'
  | 'like'
  | 'ilike'
  | 'match'
  | 'imatch'
  | 'cs'
  | 'cd'
  | 'ov'
  | 'sl'
  | 'sr'
  | 'nxr'
  | 'nxl'
  | 'adj'

export type SearchOperator = 'fts' | 'plfts' | 'phfts' | 'wfts'

export type IsValue = 'null' | 'not_null' | 'true' | 'false' | 'unknown'

export type Operation =
  | {
      readonly kind: 'compare'
      readonly operator: CompareOperator
      readonly quantifier: 'any' | 'all' | null
      readonly value: Slot
    }
  | { readonly kind: 'in'; readonly values: Slot }
  | { readonly kind: 'is'; readonly value: IsValue }
  | { readonly kind: 'distinct'; readonly value: Slot }
  | {
      readonly kind: 'search'
      readonly operator: SearchOperator
      readonly language: string | null
      readonly value: Slot
    }

export interface Filter {
  readonly kind: 'filter'
  readonly field: FieldRef
  readonly negated: boolean
  readonly operation: Operation
}

export interface LogicGroup {
  readonly kind: 'group'
  readonly operator: 'and' | 'or'
  readonly negated: boolean
  readonly nodes: readonly LogicNode[]
}

export type LogicNode = Filter | LogicGroup

/** A path of embedded resources, `[]` for the top level. */
export type EmbedPath = readonly string[]

export interface PathLogic {
  readonly path: EmbedPath
  readonly node: LogicNode
}

export interface OrderTerm {
  /** The embedded to-one resource whose column orders, or null. */
  readonly relation: string | null
  readonly field: FieldRef
  readonly direction: 'asc' | 'desc' | null
  readonly nulls: 'first' | 'last' | null
}

export interface PathOrder {
  readonly path: EmbedPath
  readonly terms: readonly OrderTerm[]
}

/** A limit that is part of the shape. */
export interface FixedLimit {
  readonly rows: number
}

export interface PathRange {
  readonly path: EmbedPath
  /** Slots of the numbers as text, or null where none was given. */
  readonly limit: Slot | FixedLimit | null
  readonly offset: Slot | null
}

/** The rows asked for at the top level, as numbers. */
export interface RowRange {
  readonly offset: number
  /** Null for no limit. */
  readonly limit: number | null
}

export interface Payload {
  /** Where the body's text is; a JSON object is wrapped into an array of one, except for calls. */
  readonly slot: Slot
  readonly kind: 'json' | 'raw'
  /** The columns or arguments it names; null when it was not inspected (`columns=` says). */
  readonly keys: readonly string[]
  /** The body is one JSON object. */
  readonly isObject: boolean
}

/** An argument of a function called by GET or by a urlencoded form. */
export interface Param {
  readonly name: string
  readonly slot: Slot
}

export interface ApiRequest {
  readonly method: string
  readonly target: Target
  readonly intent: Intent
  /** HEAD. */
  readonly headersOnly: boolean
  readonly schema: string
  /** The schema was chosen by a profile header, or there are several to choose from. */
  readonly negotiatedByProfile: boolean
  readonly select: readonly SelectItem[]
  /** Filters and logic trees of all levels, in the order given. */
  readonly logic: readonly PathLogic[]
  /** A top-level `and=`/`or=` was given (PUT refuses it). */
  readonly hasTopLogicTree: boolean
  /** The names left of `=` that are filters. */
  readonly filterNames: readonly string[]
  readonly order: readonly PathOrder[]
  readonly ranges: readonly PathRange[]
  readonly range: RowRange
  readonly onConflict: readonly string[] | null
  readonly columns: readonly string[] | null
  readonly params: readonly Param[]
  readonly preferences: Preferences
  readonly accept: readonly MediaType[]
  readonly contentType: MediaType
  readonly payload: Payload | null
  readonly values: readonly SlotValue[]
  /**
   * Everything the SQL text depends on: two requests with equal shapes differ at most in `values`, `range` and `location`.
   * `GET /todos?id=eq.1` and `?id=eq.2` have the same.
   */
  readonly shape: string
  /** The query for Content-Location: sorted by name, encoded alike. */
  readonly canonicalQuery: string
}

/** What the parser is given; `http`'s HttpRequest fits. */
export interface RequestInput {
  readonly method: string
  /** Percent-encoded, without the query: `/todos`. */
  readonly path: string
  /** Percent-encoded, without `?`. */
  readonly query: string
  readonly headers: Readonly<Record<string, string | undefined>>
}

/** What of the configuration the parser needs. */
export interface RequestOptions {
  /** The exposed schemas; the first is the default. */
  readonly schemas: readonly string[]
  /** A profile that means the default too: what clients name who were told no other. */
  readonly defaultAlias?: string | null
  /** `Prefer: tx=` is honoured. */
  readonly txOverride: boolean
  /** Query parameters that are not the data API's: `apikey`, which the gateway reads. */
  readonly ignored: readonly string[]
}
