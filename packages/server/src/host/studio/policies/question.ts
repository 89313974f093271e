/** What is to be tried, by whom. */

export type Operation = 'select' | 'insert' | 'update' | 'delete'

export interface PolicyQuestion {
  /** Of auth.users: role and claims are those of a token of theirs. */
  readonly user?: string
  /** Default anon, or that of the user or the claims. */
  readonly role?: string
  readonly claims?: Readonly<Record<string, unknown>>
  /** Its oid, or its name. */
  readonly relation: number | { readonly schema: string; readonly name: string }
  readonly operation: Operation
  /** Of one row; default the first rows of the table. */
  readonly key?: readonly (string | null)[]
  /** Of an insert: the row; of an update: what is new. Text as Postgres reads it. */
  readonly row?: Readonly<Record<string, string | null>>
  /** Rows that are looked at; default 20. */
  readonly limit?: number
  /** Also measures what each policy costs. */
  readonly cost?: boolean
}

export interface Caller {
  readonly role: string
  readonly claims: Readonly<Record<string, unknown>>
}
