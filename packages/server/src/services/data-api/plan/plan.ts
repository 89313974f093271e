/** What will be asked of Postgres, decided but not yet written as SQL. Literals stay slots. */
import type { QualifiedName, Routine } from '#base/catalog'
import type {
  Aggregate,
  CompareOperator,
  FixedLimit,
  IsValue,
  JsonStep,
  MediaType,
  PlanOption,
  Preferences,
  SearchOperator,
  Slot,
} from '#services/data-api/request'

/** What stands before a column's dot: `['projects_1']` or `['public', 'projects']`. */
export type Qualifier = readonly string[]

export interface PlannedField {
  readonly qualifier: Qualifier
  /** `*` for every column. */
  readonly name: string
  readonly path: readonly JsonStep[]
  /** The column is json or jsonb, so that a path applies to it as it is. */
  readonly isJson: boolean
}

export interface PlannedColumn {
  readonly field: PlannedField
  /** The function that writes the column's domain as JSON. */
  readonly via: string | null
  readonly cast: string | null
  readonly aggregate: Aggregate | null
  readonly aggregateCast: string | null
  readonly alias: string | null
}

export type PlannedOperation =
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
      /** The field is no tsvector and is made one. */
      readonly convert: boolean
    }

export type PlannedLogic =
  | {
      readonly kind: 'filter'
      readonly field: PlannedField
      readonly negated: boolean
      readonly operation: PlannedOperation
      /** The function that reads text as the column's domain. */
      readonly via: string | null
    }
  | {
      readonly kind: 'group'
      readonly operator: 'and' | 'or'
      readonly negated: boolean
      readonly nodes: readonly PlannedLogic[]
    }
  /** An embedded resource is, or with `negated` is not, empty. */
  | {
      readonly kind: 'embed-empty'
      readonly negated: boolean
      readonly alias: string
      readonly shape: EmbedShape
    }

/** How an embedded resource joins its parent's row: as one object, a list, or its columns (each a list for to-many). */
export type EmbedShape = 'object' | 'array' | 'spread-one' | 'spread-many'

export interface PlannedOrder {
  readonly field: PlannedField
  readonly direction: 'asc' | 'desc' | null
  readonly nulls: 'first' | 'last' | null
}

export interface PlannedRange {
  readonly limit: Slot | FixedLimit | null
  readonly offset: Slot | null
  /** The limit no request exceeds. */
  readonly maxRows: number | null
}

export type Source =
  | { readonly kind: 'relation'; readonly name: QualifiedName; readonly alias: string | null }
  /** The rows of a mutation or a call, computed first. */
  | { readonly kind: 'rows'; readonly alias: string }
  /** A function over the parent's row. */
  | {
      readonly kind: 'routine'
      readonly name: QualifiedName
      readonly parent: Qualifier
      readonly parentType: QualifiedName
      readonly alias: string
    }

/** `left = right` between a parent's and a child's column. */
export interface JoinCondition {
  readonly left: { readonly qualifier: Qualifier; readonly name: string }
  readonly right: { readonly qualifier: Qualifier; readonly name: string }
}

export interface ReadNode {
  readonly source: Source
  readonly qualifier: Qualifier
  readonly junction: { readonly name: QualifiedName; readonly alias: string } | null
  readonly joins: readonly JoinCondition[]
  readonly columns: readonly PlannedColumn[]
  readonly embeds: readonly PlannedEmbed[]
  readonly where: readonly PlannedLogic[]
  /** All of its primary key is given: one row at most. */
  readonly isByKey: boolean
  readonly order: readonly PlannedOrder[]
  readonly range: PlannedRange | null
}

/** A column of a spread resource as its parent shows it. */
export interface SpreadColumn {
  readonly name: string
  readonly aggregate: Aggregate | null
  readonly aggregateCast: string | null
  readonly alias: string | null
}

export interface PlannedEmbed {
  readonly node: ReadNode
  /** The lateral's alias. */
  readonly alias: string
  /** The key in the parent's object. */
  readonly name: string
  readonly shape: EmbedShape
  readonly inner: boolean
  /** Nothing selected in it or below: it filters, and is not shown. */
  readonly hidden: boolean
  readonly spread: readonly SpreadColumn[]
}

export type Rendering =
  | { readonly kind: 'array'; readonly stripNulls: boolean }
  | { readonly kind: 'object'; readonly stripNulls: boolean }
  | { readonly kind: 'csv' }
  | { readonly kind: 'geojson' }
  | {
      readonly kind: 'custom'
      readonly routine: QualifiedName
      readonly target: QualifiedName | null
      readonly isBytes: boolean
    }
  | { readonly kind: 'none' }

export interface Explain {
  readonly format: 'json' | 'text'
  readonly options: readonly PlanOption[]
}

/** What every plan that runs SQL has. */
interface Running {
  /** Values of the `Warning` header. */
  readonly warnings: readonly string[]
  readonly tree: ReadNode
  readonly rendering: Rendering
  readonly mediaType: MediaType
  readonly explain: Explain | null
  /** The preferences that hold for this kind of request. */
  readonly preferences: Preferences
}

export interface ReadPlan extends Running {
  readonly kind: 'read'
  readonly name: string
  readonly headersOnly: boolean
}

/** A column written from the body. */
export interface WrittenColumn {
  readonly name: string
  readonly type: string
  /** The function that reads JSON as the column's domain. */
  readonly via: string | null
  readonly default: string | null
}

export type Conflict = { readonly columns: readonly string[]; readonly action: 'merge' | 'ignore' }

export interface Mutation {
  readonly kind: 'insert' | 'update' | 'upsert' | 'delete'
  readonly relation: QualifiedName
  readonly columns: readonly WrittenColumn[]
  /** The body, an array of objects; null for delete. */
  readonly body: Slot | null
  readonly where: readonly PlannedLogic[]
  readonly conflict: Conflict | null
  readonly applyDefaults: boolean
  /** The columns given back; empty for none, `*` for all. */
  readonly returning: readonly string[]
  readonly primaryKey: readonly string[]
}

export interface MutationPlan extends Running {
  readonly kind: 'mutation'
  readonly name: string
  readonly mutation: Mutation
}

export interface PlannedArgument {
  readonly name: string
  readonly type: string
  readonly variadic: boolean
  /** The literals given by GET or form; several for a variadic argument. */
  readonly slots: readonly Slot[]
}

export type CallArguments =
  | { readonly kind: 'none' }
  | { readonly kind: 'named'; readonly arguments: readonly PlannedArgument[] }
  | {
      readonly kind: 'json'
      readonly arguments: readonly PlannedArgument[]
      readonly body: Slot
      readonly isObject: boolean
    }
  | { readonly kind: 'single'; readonly type: string; readonly body: Slot }

export interface CallPlan extends Running {
  readonly kind: 'call'
  readonly routine: Routine
  readonly arguments: CallArguments
  readonly readOnly: boolean
  readonly headersOnly: boolean
  /** The columns taken from the function's rows; `['*']` for all. */
  readonly returning: readonly string[]
}

/** OPTIONS: answered from the catalog. */
export interface InfoPlan {
  readonly kind: 'info'
  readonly allow: string
}

/** The root: a description of the schema. */
export interface DescribePlan {
  readonly kind: 'describe'
  readonly headersOnly: boolean
}

export type RunningPlan = ReadPlan | MutationPlan | CallPlan

export type Plan = RunningPlan | InfoPlan | DescribePlan

/** What of the configuration the planner needs. */
export interface PlanOptions {
  /** Null for no limit. */
  readonly maxRows: number | null
  readonly aggregates: boolean
  /** `application/vnd.pgrst.plan` is served. */
  readonly explain: boolean
  /** Filters may name an embedded relation that has an alias by its own name too. */
  readonly legacyTargetNames: boolean
  /** Refuses to update or delete without a filter. */
  readonly safeUpdate: boolean
}
