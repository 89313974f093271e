/** A list of the catalog: asked for, searched, and what it says while there is nothing. */
import type { UseQueryResult } from '@tanstack/react-query'
import { useState } from 'react'
import type { ReactElement, ReactNode } from 'react'
import { refusal, useProject, useSession } from '#studio/api'
import { SqlDialog } from '#studio/ddl'
import { usePlace } from '#studio/place'
import { DataTable, EmptyState, ErrorNotice, Loading, Page, SearchField, plural } from '#studio/ui'
import type { Column } from '#studio/ui'

interface ListProps<Row> {
  /** `functions` */
  readonly what: string
  readonly rows: UseQueryResult<readonly Row[]>
  readonly columns: readonly Column<Row>[]
  readonly rowKey: (row: Row) => string
  /** What is searched. */
  readonly textOf: (row: Row) => string
  readonly onOpen?: (row: Row) => void
  readonly empty: ReactElement
  /** Beside the search. */
  readonly filters?: ReactNode
}

export function List<Row>({
  what,
  rows,
  columns,
  rowKey,
  textOf,
  onOpen,
  empty,
  filters,
}: ListProps<Row>): ReactElement {
  const { search, setSearch } = usePlace()
  const text = search['q'] ?? ''
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  if (rows.error !== null)
    return <ErrorNotice error={rows.error} onRetry={() => void rows.refetch()} />
  if (rows.data === undefined) return <Loading rows={8} />
  const found = rows.data.filter((row) => {
    const all = textOf(row).toLowerCase()
    return words.every((word) => all.includes(word))
  })
  return (
    <>
      <div className="row wrap">
        <div style={{ flex: '1 1 200px', maxWidth: 320 }}>
          <SearchField
            label={`Search ${what}`}
            value={text}
            onChange={(event) => setSearch({ q: event.target.value }, { replace: true })}
          />
        </div>
        {filters}
        <span className="muted small">
          {found.length === rows.data.length
            ? plural(found.length, 'entry', 'entries')
            : `${found.length} of ${rows.data.length}`}
        </span>
      </div>
      {rows.data.length === 0 ? (
        empty
      ) : found.length === 0 ? (
        <EmptyState title="Nothing is called that" />
      ) : (
        <DataTable
          label={what}
          rows={found}
          rowKey={rowKey}
          columns={columns}
          {...(onOpen === undefined ? {} : { onOpen })}
        />
      )}
    </>
  )
}

/** A list of the catalog that is asked for by its path. */
export function Listing<Row>({
  projectRef,
  path,
  title,
  about,
  actions,
  children,
  ...list
}: Omit<ListProps<Row>, 'rows' | 'what'> & {
  readonly projectRef: string
  readonly path: string
  readonly title: string
  readonly about: string
  readonly actions?: ReactNode
  /** Overlays. */
  readonly children?: ReactNode
}): ReactElement {
  const rows = useProject<readonly Row[]>(projectRef, path)
  return (
    <Page title={title} about={about} actions={actions} wide>
      <List what={title.toLowerCase()} rows={rows} {...list} />
      {children}
    </Page>
  )
}

export interface Statement {
  readonly title: string
  readonly sql: string
  readonly name: string
  readonly warning?: string
  /** No part of the schema: not kept as a migration, unless somebody says so. */
  readonly isOnce?: boolean
}

/** A statement that is shown, and the dialog that shows it. */
export function useStatement(projectRef: string): {
  readonly ask: (statement: Statement) => void
  readonly dialog: ReactElement
  /** Why the operator may not. */
  readonly refused: string | null
} {
  const [statement, setStatement] = useState<Statement | null>(null)
  const refused = refusal(useSession().data?.operator?.role, 'developer')
  return {
    ask: setStatement,
    refused,
    dialog: (
      <SqlDialog
        projectRef={projectRef}
        title={statement?.title ?? ''}
        sql={statement?.sql ?? null}
        migrationName={statement?.name ?? ''}
        isOnce={statement?.isOnce ?? false}
        warning={statement?.warning}
        onClose={() => setStatement(null)}
      />
    ),
  }
}
