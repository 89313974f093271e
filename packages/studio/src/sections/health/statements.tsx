/** What costs the database most. */
import { useState } from 'react'
import type { ReactElement } from 'react'
import { useProject } from '#studio/api'
import { Link, hrefOf } from '#studio/place'
import {
  CodeSample,
  DataTable,
  EmptyState,
  ErrorNotice,
  Facts,
  Loading,
  SearchField,
  Sheet,
  count,
  milliseconds,
} from '#studio/ui'

interface Statement {
  readonly query: string
  readonly role: string | null
  readonly calls: number
  readonly rows: number
  readonly total_ms: number
  readonly mean_ms: number
  readonly max_ms: number
}

interface Statements {
  readonly available: boolean
  readonly reason: string | null
  readonly statements: readonly Statement[]
}

export function Statements({ projectRef }: { readonly projectRef: string }): ReactElement {
  const answer = useProject<Statements>(projectRef, 'statements')
  const [filter, setFilter] = useState('')
  const [open, setOpen] = useState<Statement | null>(null)
  if (answer.data === undefined)
    return answer.error === null ? (
      <Loading />
    ) : (
      <ErrorNotice error={answer.error} onRetry={() => void answer.refetch()} />
    )
  const { available, reason, statements } = answer.data
  if (!available)
    return (
      <EmptyState
        title="Postgres does not count its statements"
        command="create extension pg_stat_statements with schema extensions"
      >
        {reason}
      </EmptyState>
    )
  const wanted = filter.toLowerCase()
  return (
    <>
      <div style={{ maxWidth: 340 }}>
        <SearchField
          label="Search statements"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
      </div>
      <DataTable<Statement>
        label="Statements, the costliest first"
        rows={statements.filter(({ query }) => query.toLowerCase().includes(wanted))}
        rowKey={({ query, role }) => `${role} ${query}`}
        onOpen={setOpen}
        columns={[
          {
            name: 'Statement',
            cell: (statement) => (
              <button
                type="button"
                className="statement truncate"
                onClick={() => setOpen(statement)}
              >
                {statement.query.replace(/\s+/g, ' ').slice(0, 300)}
              </button>
            ),
          },
          { name: 'Role', cell: ({ role }) => role ?? '', sort: ({ role }) => role ?? '' },
          numbers('Calls', ({ calls }) => calls, count),
          numbers('Mean', ({ mean_ms: ms }) => ms, milliseconds),
          numbers('Slowest', ({ max_ms: ms }) => ms, milliseconds),
          numbers('All together', ({ total_ms: ms }) => ms, milliseconds),
        ]}
      />
      {open !== null && (
        <StatementSheet projectRef={projectRef} statement={open} onClose={() => setOpen(null)} />
      )}
    </>
  )
}

const numbers = (
  name: string,
  of: (statement: Statement) => number,
  format: (value: number) => string,
) => ({
  name,
  align: 'number' as const,
  width: 110,
  sort: of,
  cell: (statement: Statement) => format(of(statement)),
})

function StatementSheet({
  projectRef,
  statement,
  onClose,
}: {
  readonly projectRef: string
  readonly statement: Statement
  readonly onClose: () => void
}): ReactElement {
  const { query, role, calls, rows, total_ms: total, mean_ms: mean, max_ms: slowest } = statement
  return (
    <Sheet
      open
      wide
      onClose={onClose}
      title="Statement"
      foot={
        <Link className="button" href={hrefOf({ ref: projectRef, section: 'sql' })}>
          Open the SQL editor
        </Link>
      }
    >
      <Facts
        facts={[
          ['Role', role ?? 'hidden'],
          ['Calls', count(calls)],
          ['Rows', count(rows)],
          ['Mean', milliseconds(mean)],
          ['Slowest', milliseconds(slowest)],
          ['All together', milliseconds(total)],
        ]}
      />
      <CodeSample code={query} label="statement" wrap />
    </Sheet>
  )
}
