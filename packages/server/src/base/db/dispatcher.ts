/** What statements are sent with, and one sending of some. */
import type { Statement } from '#base/sql'
import type { RunOptions } from './database.ts'
import type { Pool } from './pool.ts'
import type { StatementCosts } from './statement-costs.ts'
import type { StreamPlace, StreamPlaces } from './stream-places.ts'

export interface Dispatcher {
  readonly pool: Pool
  readonly costs: StatementCosts
  readonly streams: StreamPlaces
  /** False behind a pooler that cannot keep prepared statements. */
  readonly preparedStatements: boolean
}

export interface Dispatch {
  readonly role: string | null
  readonly statements: readonly Statement[]
  readonly script?: Statement | undefined
  readonly options: RunOptions
  readonly deadlineAt: number
  /** Others use the connection too: it must not wait for a slow reader. */
  readonly shared?: boolean
  /** How the last statement gives its rows: some of them, from a new portal or the open one. */
  readonly portal?: { readonly maxRows: number; readonly continues: boolean }
  /** Waited for: the result is known to be large. */
  readonly place: StreamPlace | null
  /** Sent behind the statements in their transaction; nobody reads the results. */
  readonly behind?: readonly Statement[] | undefined
  /** The statements or those behind them deallocate all that is prepared. */
  readonly forgets?: boolean
  /** Postgres is done with it: the connection may be given to others. */
  readonly onEnd?: (failed: boolean) => void
}
