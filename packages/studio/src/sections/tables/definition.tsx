/** What a relation is made of: columns, keys, indexes, who may do what, and the SQL of it. */
import { Pencil, Trash2 } from 'lucide-react'
import { Suspense, lazy, useState } from 'react'
import type { ReactElement } from 'react'
import { refusal, useSession } from '#studio/api'
import { qualified } from '#studio/catalog'
import type { Relation } from '#studio/catalog'
import { SqlDialog } from '#studio/ddl'
import { Link, hrefOf, usePlace } from '#studio/place'
import { Badge, Button, CodeSample, DataTable, bytes, count } from '#studio/ui'

const TableEditor = lazy(() =>
  import('./table-editor.tsx').then(({ TableEditor: it }) => ({ default: it })),
)

interface DefinitionProps {
  readonly projectRef: string
  readonly relation: Relation
}

export function Definition({ projectRef, relation }: DefinitionProps): ReactElement {
  const { go } = usePlace()
  const role = useSession().data?.operator?.role
  const [panel, setPanel] = useState<'edit' | 'drop' | null>(null)
  const isTable = relation.kind === 'table' || relation.kind === 'partitioned'
  const kind = isTable ? 'table' : relation.kind
  return (
    <div className="definition">
      <div className="page-body wide">
        <div className="row wrap">
          {isTable && (
            <Button refusal={refusal(role, 'developer')} onClick={() => setPanel('edit')}>
              <Pencil size={14} aria-hidden /> Alter table
            </Button>
          )}
          <Button refusal={refusal(role, 'developer')} onClick={() => setPanel('drop')}>
            <Trash2 size={14} aria-hidden /> Drop {kind}
          </Button>
          <Link
            className="button"
            href={hrefOf({
              ref: projectRef,
              section: 'policies',
              search: { table: `${relation.schema}.${relation.name}` },
            })}
          >
            Policies
          </Link>
          <span className="muted">
            {bytes(relation.bytes)} · owner {relation.owner}
          </span>
        </div>
        {relation.comment !== null && <p>{relation.comment}</p>}
        <Columns relation={relation} />
        <Keys projectRef={projectRef} relation={relation} />
        <Indexes relation={relation} />
        <section className="stack tight">
          <h2>SQL</h2>
          <CodeSample code={relation.definition} label="definition" />
        </section>
      </div>
      {panel === 'edit' && (
        <Suspense fallback={null}>
          <TableEditor
            projectRef={projectRef}
            schema={relation.schema}
            relation={relation}
            onClose={() => setPanel(null)}
          />
        </Suspense>
      )}
      <SqlDialog
        projectRef={projectRef}
        title={`Drop ${relation.name}`}
        sql={panel === 'drop' ? `drop ${kind} ${qualified(relation.schema, relation.name)};` : null}
        migrationName={`drop_${relation.name}`}
        warning={`Drops ${relation.name} with ${relation.estimated_rows === null ? 'its' : `about ${count(relation.estimated_rows)}`} rows, ${relation.indexes.length} indexes, ${relation.policies.length} policies. ${relation.referenced_by.length > 0 ? `${relation.referenced_by.map(({ from_table }) => from_table).join(', ')} refer to it: without cascade Postgres refuses. ` : ''}This cannot be undone.`}
        onClose={() => setPanel(null)}
        onDone={() => go({ path: [relation.schema], search: {} })}
      />
    </div>
  )
}

function Columns({ relation }: { readonly relation: Relation }): ReactElement {
  return (
    <section className="stack tight">
      <h2>Columns</h2>
      <DataTable
        label="Columns"
        rows={relation.columns}
        rowKey={({ name }) => name}
        columns={[
          {
            name: 'Name',
            cell: ({ name }) => (
              <span className="row">
                <code>{name}</code>
                {relation.primary_key.includes(name) && <Badge>primary key</Badge>}
              </span>
            ),
            sort: ({ name }) => name,
          },
          { name: 'Type', cell: ({ type }) => <code>{type}</code>, sort: ({ type }) => type },
          { name: 'NULL', cell: ({ nullable }) => (nullable ? 'allowed' : 'no') },
          {
            name: 'Default',
            cell: ({ default: value, expression, identity }) => (
              <code>
                {value ?? expression ?? (identity === null ? '' : `identity ${identity}`)}
              </code>
            ),
          },
          { name: 'Comment', cell: ({ comment }) => comment ?? '' },
        ]}
      />
    </section>
  )
}

function Keys({ projectRef, relation }: DefinitionProps): ReactElement | null {
  const keys = [
    ...relation.foreign_keys.map((key) => ({ ...key, way: 'to' as const })),
    ...relation.referenced_by.map((key) => ({ ...key, way: 'from' as const })),
  ]
  if (keys.length === 0) return null
  return (
    <section className="stack tight">
      <h2>References</h2>
      <DataTable
        label="References"
        rows={keys}
        rowKey={({ name, way }) => `${way} ${name}`}
        columns={[
          { name: 'Constraint', cell: ({ name }) => <code>{name}</code> },
          {
            name: 'From',
            cell: (key) => (
              <TableLink
                projectRef={projectRef}
                schema={key.from_schema}
                name={key.from_table}
                columns={key.columns}
              />
            ),
          },
          {
            name: 'To',
            cell: (key) => (
              <TableLink
                projectRef={projectRef}
                schema={key.to_schema}
                name={key.to_table}
                columns={key.to_columns}
              />
            ),
          },
          { name: 'On delete', cell: ({ on_delete }) => on_delete },
        ]}
      />
    </section>
  )
}

function TableLink({
  projectRef,
  schema,
  name,
  columns,
}: {
  readonly projectRef: string
  readonly schema: string
  readonly name: string
  readonly columns: readonly string[]
}): ReactElement {
  return (
    <Link href={hrefOf({ ref: projectRef, section: 'tables', path: [schema, name] })}>
      {schema === 'public' ? '' : `${schema}.`}
      {name} ({columns.join(', ')})
    </Link>
  )
}

function Indexes({ relation }: { readonly relation: Relation }): ReactElement | null {
  if (relation.indexes.length === 0) return null
  return (
    <section className="stack tight">
      <h2>Indexes</h2>
      <DataTable
        label="Indexes"
        rows={relation.indexes}
        rowKey={({ name }) => name}
        columns={[
          {
            name: 'Name',
            cell: ({ name, valid }) => (
              <span className="row">
                <code>{name}</code> {!valid && <Badge kind="danger">invalid</Badge>}
              </span>
            ),
          },
          {
            name: 'Definition',
            cell: ({ definition }) => <code>{definition.replace(/^CREATE /, '')}</code>,
          },
          {
            name: 'Used',
            cell: ({ scans }) => count(scans),
            align: 'number',
            sort: ({ scans }) => scans,
          },
          {
            name: 'Size',
            cell: (index) => bytes(index.bytes),
            align: 'number',
            sort: (index) => index.bytes,
          },
        ]}
      />
    </section>
  )
}
