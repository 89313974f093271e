/** Section Tables: what relations there are, and the rows of one. */
import './tables.css'
import { Plus, Workflow } from 'lucide-react'
import { Suspense, lazy, useState } from 'react'
import type { ReactElement } from 'react'
import { useCatalog } from '#studio/catalog'
import type { Catalog, RelationSummary } from '#studio/catalog'
import { usePlace } from '#studio/place'
import {
  Button,
  EmptyState,
  ErrorNotice,
  IconButton,
  Loading,
  SearchField,
  Select,
  Split,
} from '#studio/ui'
import { RelationList } from './relation-list.tsx'
import { RelationView } from './relation-view.tsx'

const Diagram = lazy(() =>
  import('./diagram/diagram.tsx').then(({ Diagram: it }) => ({ default: it })),
)
const TableEditor = lazy(() =>
  import('./table-editor.tsx').then(({ TableEditor: it }) => ({ default: it })),
)

export function TablesSection(): ReactElement {
  const { ref, path, search, go, setSearch } = usePlace()
  const catalog = useCatalog(ref)
  const [schemaName, tableName] = path
  const schema = schemaName ?? 'public'
  const open = catalog.data?.relations.find(
    (relation) => relation.schema === schema && relation.name === tableName,
  )
  const isDiagram = search['view'] === 'diagram'
  const isNew = search['new'] === 'table'
  if (catalog.data === undefined)
    return catalog.error === null ? (
      <Loading rows={10} />
    ) : (
      <div className="page-body">
        <ErrorNotice error={catalog.error} onRetry={() => void catalog.refetch()} />
      </div>
    )
  return (
    <>
      <Split
        sideLabel="Tables"
        isOpen={tableName !== undefined || isDiagram}
        onBack={() => go({ path: [schema], search: {} })}
        side={<Side catalog={catalog.data} schema={schema} open={open} />}
      >
        {isDiagram ? (
          <Suspense fallback={<Loading />}>
            <Diagram projectRef={ref} schema={schema} />
          </Suspense>
        ) : tableName === undefined ? (
          <Nothing catalog={catalog.data} schema={schema} />
        ) : open === undefined ? (
          <EmptyState
            title={`There is no relation ${schema}.${tableName}`}
            action={<Button onClick={() => void catalog.refetch()}>Look again</Button>}
          >
            It may have been dropped or renamed, or lie in another schema.
          </EmptyState>
        ) : (
          <RelationView key={open.oid} projectRef={ref} summary={open} />
        )}
      </Split>
      {isNew && (
        <Suspense fallback={null}>
          <TableEditor
            projectRef={ref}
            schema={schema}
            relation={null}
            onClose={() => setSearch({ new: null })}
          />
        </Suspense>
      )}
    </>
  )
}

function Side({
  catalog,
  schema,
  open,
}: {
  readonly catalog: Catalog
  readonly schema: string
  readonly open: RelationSummary | undefined
}): ReactElement {
  const { go, setSearch } = usePlace()
  const [filter, setFilter] = useState('')
  return (
    <>
      <div className="side-head">
        <div className="row">
          <Select
            aria-label="Schema"
            value={schema}
            options={
              catalog.schemas.includes(schema) ? catalog.schemas : [schema, ...catalog.schemas]
            }
            onChange={(event) => go({ path: [event.target.value], search: {} })}
          />
          <IconButton
            label="Diagram of the schema"
            icon={<Workflow size={16} />}
            onClick={() => go({ path: [schema], search: { view: 'diagram' } })}
          />
        </div>
        <SearchField
          label="Search tables"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
        <Button onClick={() => setSearch({ new: 'table' })}>
          <Plus size={14} aria-hidden /> Create table
        </Button>
      </div>
      <RelationList
        relations={catalog.relations.filter((relation) => relation.schema === schema)}
        filter={filter}
        open={open}
      />
    </>
  )
}

function Nothing({
  catalog,
  schema,
}: {
  readonly catalog: Catalog
  readonly schema: string
}): ReactElement {
  const { setSearch } = usePlace()
  if (catalog.relations.some((relation) => relation.schema === schema))
    return (
      <EmptyState title="Choose a table">
        Its rows are shown here. Ctrl-K finds one by its name.
      </EmptyState>
    )
  return (
    <EmptyState
      title={`No tables in ${schema} yet`}
      action={
        <Button kind="primary" onClick={() => setSearch({ new: 'table' })}>
          Create table
        </Button>
      }
      command="basalt migration new create_todos"
    >
      Create one here, or write a migration.
    </EmptyState>
  )
}
