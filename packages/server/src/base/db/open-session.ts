/** A connection outside every pool: for what belongs to a session (advisory locks), and for SQL that must not leave anything behind. */
import type { Statement } from '#base/sql'
import { Connection } from './connection.ts'
import type { ConnectionOptions } from './connection-options.ts'
import type { Result } from './database.ts'
import { decodeRows } from './decode-rows.ts'
import type { ConnectionError } from './errors.ts'
import { Execution, Pipeline } from './pipeline.ts'
import type { ScriptEnd } from './pipeline.ts'

export interface DedicatedSession {
  /** One statement in a transaction of its own, decoded (see `decodeRows`). */
  rows<T = Record<string, unknown>>(statement: Statement): Promise<T[]>
  /**
   * A text of several statements as one implicit transaction; rows are let go. Resolves with how the last one ended, null
   * when there was none. `name` is what errors are reported under.
   */
  script(name: string, text: string): Promise<ScriptEnd | null>
  /** Asks the server to stop what runs, again until it has. */
  cancel(): void
  /** Ends the session; with it go its locks, settings and temporary tables. */
  close(): void
}

/** Connects as the connection's own user; `onClose` is called once when the session ends, by us too. */
export async function openSession(
  options: ConnectionOptions,
  onClose: (error: ConnectionError) => void = () => {},
): Promise<DedicatedSession> {
  const connection = await Connection.open(options, {
    onClose: (_connection, error) => onClose(error),
  })
  const run = (
    executions: readonly Execution[],
    script?: Statement,
  ): Promise<{ readonly results: readonly Result[]; readonly pipeline: Pipeline }> =>
    new Promise((resolve, reject) => {
      const pipeline: Pipeline = new Pipeline(
        executions,
        { resolve: (results) => resolve({ results, pipeline }), reject },
        false,
        script,
      )
      connection.run(pipeline, true)
    })
  return {
    rows: async <T>(statement: Statement) => {
      const { results } = await run([new Execution(statement, '')])
      return decodeRows<T>(results[0] as Result)
    },
    script: async (name, text) => (await run([], { name, text, values: [] })).pipeline.scriptEnd,
    cancel: () => {
      const [head] = connection.pipelines
      if (head !== undefined) cancelUntilEnded(connection, head)
    },
    close: () => connection.close(),
  }
}

const cancelAgainMs = 100

/** A request that overtakes the statement, on a stream of its own, stops nothing. */
function cancelUntilEnded(connection: Connection, pipeline: Pipeline): void {
  if (connection.pipelines[0] !== pipeline) return
  connection.cancel(pipeline)
  setTimeout(() => cancelUntilEnded(connection, pipeline), cancelAgainMs).unref()
}
