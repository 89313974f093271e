/** What the server says of a try. */

export type Operation = 'select' | 'insert' | 'update' | 'delete'
export const operations: readonly Operation[] = ['select', 'insert', 'update', 'delete']

export interface Tree {
  readonly op: 'and' | 'or' | 'not' | 'leaf'
  readonly expression: string
  readonly value: boolean | null
  readonly error: string | null
  readonly children: readonly Tree[]
}

export interface Verdict {
  readonly policy: string
  readonly permissive: boolean
  readonly command: string
  readonly on: 'existing row' | 'new row'
  readonly expression: string
  readonly value: boolean | null
  readonly tree: Tree
}

export interface TriedRow {
  readonly key: readonly (string | null)[]
  readonly row: Readonly<Record<string, string | null>>
  readonly passes: boolean
  readonly by: readonly Verdict[]
  readonly reason: string
  readonly refused_by: { readonly policy: string; readonly expression: string } | null
}

/** As EXPLAIN (FORMAT JSON) has it. */
export interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly Filter?: string
  readonly 'Index Cond'?: string
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly PlanNode[]
}

export interface Advice {
  readonly kind: 'rewrite' | 'index'
  readonly sql: string
  readonly before_ms: number | null
  readonly after_ms: number | null
  readonly plan: PlanNode | null
  readonly note: string | null
}

export interface Cost {
  readonly policy: string
  readonly expression: string
  readonly ms: number | null
  readonly rows: number | null
  readonly ms_per_row: number | null
  readonly plan: PlanNode | null
  readonly advice: readonly Advice[]
}

export interface Explained {
  readonly operation: Operation
  readonly role: string
  readonly claims: Readonly<Record<string, unknown>>
  readonly grant: 'table' | 'columns' | 'none'
  readonly rls: boolean
  readonly reason: string | null
  readonly rows: readonly TriedRow[]
  readonly tried: { readonly rows: number; readonly error: string | null } | null
  readonly cost: readonly Cost[]
}
