/** Row-level policies: predicates over the row and the caller, asked on every read and write of a caller's handle. */
import { failure } from '#kernel'
import type { Doc } from './schema.ts'

/** Who calls: the claims of a token, at least `sub` and `role`. */
export interface Caller {
  readonly sub?: string
  readonly role?: string
  readonly [claim: string]: unknown
}

export type Predicate<T> = (row: Readonly<T>, caller: Caller) => boolean

export interface PolicyWithHint<T> {
  check: Predicate<T>
  /** Equalities that hold for every row the policy lets through, so that a query need not read the others: `(caller) => ({ user_id: caller.sub })`. */
  where?: (caller: Caller) => Readonly<Record<string, unknown>>
}

export type Policy<T> = Predicate<T> | PolicyWithHint<T>

/** An action without a policy is denied, as a table with row-level security and no policy denies it. */
export interface Policies<T> {
  select?: Policy<T>
  insert?: Policy<T>
  /** Asked of the row before and of the row after. */
  update?: Policy<T>
  delete?: Policy<T>
}

export type Action = keyof Policies<unknown>

/** What a handle may do; undefined is the service handle, which may everything. */
export class Access {
  readonly caller: Caller

  constructor(caller: Caller) {
    this.caller = deepFreeze(structuredClone(caller))
  }

  /** Only `true` lets through: a promise, a thrown error and a missing policy do not. */
  allows(policies: Policies<never> | undefined, action: Action, row: Doc): boolean {
    const policy = policies?.[action] as Policy<Doc> | undefined
    if (policy === undefined) return false
    try {
      const check = typeof policy === 'function' ? policy : policy.check
      return (check(row, this.caller) as unknown) === true
    } catch {
      return false
    }
  }

  require(store: string, policies: Policies<never> | undefined, action: Action, row: Doc): void {
    if (!this.allows(policies, action, row)) throw failure('policy_denied', { store, action })
  }

  /** The select policy's equalities; undefined when the hint throws: then nothing passes. */
  hint(policies: Policies<never> | undefined): Readonly<Record<string, unknown>> | undefined {
    const policy = policies?.select as Policy<Doc> | undefined
    if (policy === undefined) return undefined
    if (typeof policy === 'function' || policy.where === undefined) return {}
    try {
      return policy.where(this.caller)
    } catch {
      return undefined
    }
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) deepFreeze(part)
  }
  return value
}
