/** What is sent on as it changes: publications with their tables, slots with their lag. */
import { useState } from 'react'
import type { ReactElement } from 'react'
import { useProject } from '#studio/api'
import { ident, qualified, useCatalog } from '#studio/catalog'
import { usePlace } from '#studio/place'
import {
  Badge,
  Button,
  Check,
  EmptyState,
  ErrorNotice,
  Loading,
  Page,
  SearchField,
  bytes,
} from '#studio/ui'
import { List, useStatement } from './listing.tsx'

interface Publication {
  readonly name: string
  readonly all_tables: boolean
  readonly operations: readonly boolean[]
  readonly tables: readonly string[]
}

const operations = ['insert', 'update', 'delete', 'truncate']

export function Publications({ projectRef }: { readonly projectRef: string }): ReactElement {
  const { search, setSearch } = usePlace()
  const publications = useProject<readonly Publication[]>(projectRef, 'catalog/publications')
  const name = search['publication'] ?? 'supabase_realtime'
  const open = publications.data?.find((known) => known.name === name) ?? publications.data?.[0]
  return (
    <Page
      title="Publications"
      about="Tables whose changes are sent on. Realtime sends those of supabase_realtime to who listens and may read the row."
      wide
    >
      {publications.error !== null && (
        <ErrorNotice error={publications.error} onRetry={() => void publications.refetch()} />
      )}
      {publications.data === undefined && publications.error === null && <Loading />}
      {publications.data !== undefined && (
        <div className="row wrap" role="group" aria-label="Publications">
          {publications.data.map((known) => (
            <Button
              key={known.name}
              size="small"
              aria-pressed={known.name === open?.name}
              onClick={() => setSearch({ publication: known.name })}
            >
              {known.name}
              <Badge>{known.all_tables ? 'all' : known.tables.length}</Badge>
            </Button>
          ))}
        </div>
      )}
      {publications.data?.length === 0 && (
        <EmptyState title="No publications" command="basalt migration new publication">
          create publication supabase_realtime makes the one that Realtime reads.
        </EmptyState>
      )}
      {open !== undefined && <PublishedTables projectRef={projectRef} publication={open} />}
    </Page>
  )
}

function PublishedTables({
  projectRef,
  publication,
}: {
  readonly projectRef: string
  readonly publication: Publication
}): ReactElement {
  const { ask, dialog, refused } = useStatement(projectRef)
  const catalog = useCatalog(projectRef)
  const [filter, setFilter] = useState('')
  const sent = operations.filter((_, at) => publication.operations[at] === true)
  const tables = (catalog.data?.relations ?? []).filter(
    ({ kind, partition_of: of, schema, name }) =>
      (kind === 'table' || kind === 'partitioned') &&
      of === null &&
      `${schema}.${name}`.includes(filter),
  )
  const turn = (schema: string, name: string, isOn: boolean): void =>
    ask({
      title: `${isOn ? 'Send' : 'Stop sending'} changes of ${schema}.${name}`,
      sql: `alter publication ${ident(publication.name)} ${isOn ? 'add' : 'drop'} table ${qualified(schema, name)};`,
      name: `${isOn ? 'publish' : 'unpublish'}_${name}`,
    })
  return (
    <section className="card" aria-label={publication.name}>
      <header>
        <h3>{publication.name}</h3>
        <span className="muted">sends {sent.join(', ') || 'nothing'}</span>
        <span className="spacer" />
        <SearchField
          label="Search tables"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
      </header>
      <div className="body published">
        {publication.all_tables && <p>Every table, also those made later.</p>}
        {tables.map(({ oid, schema, name }) => (
          <Check
            key={oid}
            label={`${schema}.${name}`}
            checked={publication.all_tables || publication.tables.includes(`${schema}.${name}`)}
            disabled={publication.all_tables || refused !== null}
            onChange={(event) => turn(schema, name, event.target.checked)}
          />
        ))}
        {tables.length === 0 && <p className="muted">No table is called that.</p>}
      </div>
      {dialog}
    </section>
  )
}

interface Slot {
  readonly name: string
  readonly type: string
  readonly plugin: string | null
  readonly active: boolean
  readonly temporary: boolean
  readonly wal_status: string | null
  readonly confirmed_lsn: string | null
  readonly lag_bytes: number | null
  readonly kept_bytes: number | null
}

const worrying = 1_000_000_000

export function Slots({ projectRef }: { readonly projectRef: string }): ReactElement {
  const { ask, dialog, refused } = useStatement(projectRef)
  const slots = useProject<readonly Slot[]>(projectRef, 'catalog/slots', { everyMs: 5000 })
  const drop = (slot: Slot): void =>
    ask({
      title: `Drop slot ${slot.name}`,
      sql: `select pg_drop_replication_slot('${slot.name.replaceAll("'", "''")}');`,
      name: 'drop_slot',
      isOnce: true,
      warning: 'Its reader cannot go on where it was: it has to begin anew.',
    })
  return (
    <Page
      title="Replication slots"
      about="Each keeps Postgres's log until its reader has it. One that nobody reads fills the disk."
      wide
    >
      <List
        what="slots"
        rows={slots}
        rowKey={({ name }) => name}
        textOf={({ name, plugin }) => `${name} ${plugin ?? ''}`}
        empty={
          <EmptyState title="No slots">
            Realtime makes one when somebody listens to changes of a table.
          </EmptyState>
        }
        columns={[
          {
            name: 'Name',
            cell: ({ name, temporary }) => (
              <span className="row wrap">
                <code>{name}</code> {temporary && <Badge>temporary</Badge>}
              </span>
            ),
            sort: ({ name }) => name,
          },
          {
            name: 'Kind',
            cell: ({ type, plugin }) => `${type}${plugin === null ? '' : ` · ${plugin}`}`,
          },
          {
            name: 'State',
            cell: ({ active, wal_status: wal }) => (
              <span className="row wrap">
                {active ? <Badge kind="ok">read</Badge> : <Badge kind="warn">nobody reads</Badge>}
                {wal !== null && wal !== 'reserved' && <Badge kind="warn">{wal}</Badge>}
              </span>
            ),
          },
          { name: 'Confirmed', cell: ({ confirmed_lsn: lsn }) => <code>{lsn ?? ''}</code> },
          {
            name: 'Lag',
            cell: ({ lag_bytes: lag }) => (lag === null ? '' : <Size value={lag} />),
            sort: ({ lag_bytes: lag }) => lag ?? 0,
            align: 'number',
          },
          {
            name: 'Kept log',
            cell: ({ kept_bytes: kept }) => (kept === null ? '' : <Size value={kept} />),
            sort: ({ kept_bytes: kept }) => kept ?? 0,
            align: 'number',
          },
          {
            name: '',
            cell: (slot) => (
              <Button
                size="small"
                refusal={slot.active ? 'Somebody reads it: Postgres refuses' : refused}
                aria-label={`Drop ${slot.name}`}
                onClick={() => drop(slot)}
              >
                Drop
              </Button>
            ),
          },
        ]}
      />
      {dialog}
    </Page>
  )
}

function Size({ value }: { readonly value: number }): ReactElement {
  return value > worrying ? <Badge kind="danger">{bytes(value)}</Badge> : <>{bytes(value)}</>
}
