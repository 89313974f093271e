/** Where a node of the read tree stands: its rows, its name in SQL, its joins. */
import type { QualifiedName } from '#base/catalog'
import type { JoinCondition, Qualifier, ReadNode, Source } from './plan.ts'

/** Where a node stands. */
export interface Place {
  readonly name: QualifiedName
  readonly source: Source
  readonly depth: number
  readonly junction: ReadNode['junction']
  readonly joins: readonly JoinCondition[]
  /** Stars are spelled out because an ancestor groups, or because it is a spread list. */
  readonly expandStar: boolean
  /** At most one row: no limit is needed. */
  readonly toOne: boolean
}

export function qualifierOf(source: Source): Qualifier {
  if (source.kind === 'relation' && source.alias === null) {
    return [source.name.schema, source.name.name]
  }
  return [source.alias as string]
}
