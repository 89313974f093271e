/** One relation: its rows, its definition, what it allows. */
import { Columns3, Filter as FilterIcon, Plus, RefreshCw, Upload } from 'lucide-react'
import { useMemo, useState } from 'react'
import type { ReactElement } from 'react'
import { refusal, useForget, useSession } from '#studio/api'
import { useRelation } from '#studio/catalog'
import type { Relation, RelationSummary } from '#studio/catalog'
import { usePlace } from '#studio/place'
import { owner } from '#studio/people'
import type { Identity } from '#studio/people'
import { IdentityPicker } from '#studio/people'
import { Badge, Button, Check, ErrorNotice, IconButton, Loading, Popover, Tabs } from '#studio/ui'
import { Definition } from './definition.tsx'
import { DeleteRows } from './delete-rows.tsx'
import { ExportButton } from './export-button.tsx'
import { FilterBar } from './filter-bar.tsx'
import { gridColumns } from './grid-columns.ts'
import { ImportSheet } from './import-sheet.tsx'
import { NewRow } from './row-form.tsx'
import { RowsGrid } from './rows-grid.tsx'
import type { Selected } from './rows-grid.tsx'
import { useViewState } from './view-state.ts'
import type { ViewState } from './view-state.ts'

interface RelationViewProps {
  readonly projectRef: string
  readonly summary: RelationSummary
}

export function RelationView({ projectRef, summary }: RelationViewProps): ReactElement {
  const { search, setSearch } = usePlace()
  const relation = useRelation(projectRef, summary.oid)
  const tab = search['tab'] === 'definition' ? 'definition' : 'data'
  return (
    <>
      <div className="relation-head">
        <h1 className="truncate">{summary.name}</h1>
        {summary.kind !== 'table' && <Badge>{summary.kind}</Badge>}
        {(summary.kind === 'table' || summary.kind === 'partitioned') &&
          (summary.rls_enabled ? (
            <Badge kind="ok">
              RLS · {summary.policies} {summary.policies === 1 ? 'policy' : 'policies'}
            </Badge>
          ) : (
            <Badge kind="warn">RLS off</Badge>
          ))}
        <span className="spacer" />
        <Tabs
          label="Parts of the table"
          tabs={[
            { id: 'data', label: 'Data' },
            { id: 'definition', label: 'Definition' },
          ]}
          value={tab}
          onChange={(id) => setSearch({ tab: id === 'data' ? null : id })}
        />
      </div>
      {relation.error !== null && (
        <ErrorNotice error={relation.error} onRetry={() => void relation.refetch()} />
      )}
      {relation.data === undefined && relation.error === null && <Loading rows={12} />}
      {relation.data !== undefined &&
        (tab === 'data' ? (
          <Data projectRef={projectRef} relation={relation.data} />
        ) : (
          <Definition projectRef={projectRef} relation={relation.data} />
        ))}
    </>
  )
}

type Panel = 'insert' | 'import' | null

function Data({
  projectRef,
  relation,
}: {
  readonly projectRef: string
  readonly relation: Relation
}): ReactElement {
  const session = useSession()
  const role = session.data?.operator?.role
  const forget = useForget(projectRef)
  const { search, setSearch } = usePlace()
  const columns = useMemo(() => gridColumns(relation), [relation])
  const names = useMemo(() => columns.map(({ name }) => name), [columns])
  const view = useViewState(names)
  const [identity, setIdentity] = useState<Identity>(owner)
  const [isFiltering, setIsFiltering] = useState(view.filters.length > 0)
  const [panel, setPanel] = useState<Panel>(null)
  const [selected, setSelected] = useState<Selected>({ rows: [], clear: () => {} })
  const [turn, setTurn] = useState(0)
  const inUtc = search['time'] !== 'local'
  const reload = (): void => {
    setTurn((count) => count + 1)
    void forget('catalog')
  }
  const cannotWrite =
    refusal(role, 'developer') ?? (relation.updatable ? null : 'This relation cannot be written')
  return (
    <>
      <div className="toolbar" role="toolbar" aria-label="Rows">
        <Button
          size="small"
          aria-pressed={isFiltering}
          kind={isFiltering ? 'plain' : 'quiet'}
          onClick={() => setIsFiltering(!isFiltering)}
        >
          <FilterIcon size={14} aria-hidden /> Filter
          {view.filters.length > 0 && <Badge kind="info">{view.filters.length}</Badge>}
        </Button>
        <ColumnsMenu names={names} view={view} />
        <Button
          size="small"
          kind="quiet"
          onClick={() => setSearch({ time: inUtc ? 'local' : null })}
          aria-label={`Times in ${inUtc ? 'UTC' : 'local time'}, change`}
        >
          {inUtc ? 'UTC' : 'Local time'}
        </Button>
        <IconButton size="small" label="Refresh" icon={<RefreshCw size={14} />} onClick={reload} />
        <span className="spacer" />
        {selected.rows.length > 0 && (
          <DeleteRows
            projectRef={projectRef}
            relation={relation}
            selected={selected}
            refusal={cannotWrite}
            onDone={reload}
          />
        )}
        <IdentityPicker projectRef={projectRef} value={identity} onChange={setIdentity} />
        <Button size="small" refusal={cannotWrite} onClick={() => setPanel('import')}>
          <Upload size={14} aria-hidden /> Import CSV
        </Button>
        <ExportButton
          projectRef={projectRef}
          relation={relation}
          filters={view.filters}
          sort={view.sort}
          identity={identity}
        />
        <Button
          size="small"
          kind="primary"
          refusal={cannotWrite}
          onClick={() => setPanel('insert')}
        >
          <Plus size={14} aria-hidden /> Insert row
        </Button>
      </div>
      {isFiltering && (
        <FilterBar
          columns={columns}
          filters={view.filters}
          onApply={view.setFilters}
          onClose={() => setIsFiltering(false)}
        />
      )}
      <RowsGrid
        key={turn}
        projectRef={projectRef}
        relation={relation}
        columns={columns}
        view={view}
        identity={identity}
        inUtc={inUtc}
        role={role}
        onSelected={setSelected}
        onInsert={() => setPanel('insert')}
        onSaved={reload}
      />
      {panel === 'insert' && (
        <NewRow
          projectRef={projectRef}
          relation={relation}
          columns={columns}
          role={role}
          onClose={() => setPanel(null)}
          onSaved={reload}
        />
      )}
      {panel === 'import' && (
        <ImportSheet
          projectRef={projectRef}
          relation={relation}
          columns={columns}
          onClose={() => setPanel(null)}
          onDone={reload}
        />
      )}
    </>
  )
}

function ColumnsMenu({
  names,
  view,
}: {
  readonly names: readonly string[]
  readonly view: ViewState
}): ReactElement {
  return (
    <Popover
      trigger={
        <Button size="small" kind="quiet">
          <Columns3 size={14} aria-hidden /> Columns
          {view.hidden.length > 0 && <Badge>{view.hidden.length} hidden</Badge>}
        </Button>
      }
    >
      <div className="stack tight" style={{ maxHeight: 320, overflow: 'auto' }}>
        {names.map((name) => (
          <Check
            key={name}
            label={name}
            checked={!view.hidden.includes(name)}
            onChange={(event) =>
              view.setHidden(
                event.target.checked
                  ? view.hidden.filter((other) => other !== name)
                  : [...view.hidden, name],
              )
            }
          />
        ))}
      </div>
    </Popover>
  )
}
