/** A table made or altered in a form; its statements are shown before anything happens. */
import { Plus, X } from 'lucide-react'
import { useMemo, useState } from 'react'
import type { ReactElement } from 'react'
import { useProject } from '#studio/api'
import { useCatalog } from '#studio/catalog'
import type { Relation } from '#studio/catalog'
import { SqlDialog } from '#studio/ddl'
import { useDraft, usePlace } from '#studio/place'
import { Button, Check, CodeSample, IconButton, Sheet, TextField } from '#studio/ui'
import { alterTable, createTable, draftOf, newColumn, newTable } from './table-ddl.ts'
import type { ColumnDraft, TableDraft } from './table-ddl.ts'

interface DiagramTable {
  readonly schema: string
  readonly name: string
  readonly columns: readonly { readonly name: string; readonly primary: boolean }[]
}

const types =
  'bigint,boolean,bytea,date,double precision,inet,integer,interval,json,jsonb,numeric,real,smallint,text,text[],time without time zone,timestamp with time zone,timestamp without time zone,uuid'.split(
    ',',
  )

export function TableEditor({
  projectRef,
  schema,
  relation,
  onClose,
}: {
  readonly projectRef: string
  readonly schema: string
  /** Null: a new one. */
  readonly relation: Relation | null
  readonly onClose: () => void
}): ReactElement {
  const { go } = usePlace()
  const [typed, setTyped] = useDraft<TableDraft | null>(
    `table:${projectRef}:${schema}:${relation?.oid ?? 'new'}`,
    null,
  )
  const [isShown, setIsShown] = useState(false)
  const catalog = useCatalog(projectRef)
  const start = useMemo(() => (relation === null ? newTable() : draftOf(relation)), [relation])
  const draft = typed ?? start
  const isTaken =
    draft.name !== relation?.name &&
    catalog.data?.relations.some(
      (known) => known.schema === schema && known.name === draft.name,
    ) === true
  const isComplete =
    draft.name !== '' &&
    !isTaken &&
    draft.columns.every(({ name, type }) => name !== '' && type !== '')
  const sql = !isComplete
    ? ''
    : relation === null
      ? createTable(schema, draft)
      : alterTable(relation, draft)
  const dropped =
    relation === null
      ? []
      : start.columns.filter(({ name }) => !draft.columns.some(({ was }) => was === name))
  return (
    <>
      <Sheet
        open
        wide
        onClose={() => {
          setTyped(null)
          onClose()
        }}
        dirty={typed !== null}
        title={relation === null ? `Create table in ${schema}` : `Alter ${relation.name}`}
        onSubmit={() => setIsShown(true)}
        foot={
          <>
            <Button onClick={onClose}>Close, keep as draft</Button>
            <Button kind="primary" type="submit" disabled={sql === ''}>
              Review SQL
            </Button>
          </>
        }
      >
        <TextField
          label="Name"
          value={draft.name}
          mono
          problem={isTaken ? 'A relation of this name is there already' : null}
          onChange={(event) => setTyped({ ...draft, name: event.target.value })}
        />
        <TextField
          label="Comment"
          value={draft.comment}
          onChange={(event) => setTyped({ ...draft, comment: event.target.value })}
        />
        <Check
          label="Row level security: nobody sees a row until a policy says so"
          checked={draft.rls}
          onChange={(event) => setTyped({ ...draft, rls: event.target.checked })}
        />
        <h3>Columns</h3>
        <ColumnsForm
          projectRef={projectRef}
          schema={schema}
          columns={draft.columns}
          onChange={(columns) => setTyped({ ...draft, columns })}
        />
        {sql !== '' && <CodeSample code={sql} label="statements" wrap />}
      </Sheet>
      <SqlDialog
        projectRef={projectRef}
        title={relation === null ? `Create ${draft.name}` : `Alter ${relation.name}`}
        sql={isShown ? sql : null}
        migrationName={relation === null ? `create_${draft.name}` : `alter_${draft.name}`}
        warning={
          dropped.length === 0
            ? undefined
            : `Drops ${dropped.map(({ name }) => name).join(', ')} with all values in ${dropped.length === 1 ? 'it' : 'them'}. This cannot be undone.`
        }
        onClose={() => setIsShown(false)}
        onDone={() => {
          setTyped(null)
          onClose()
          go({ path: [schema, draft.name], search: {} })
        }}
      />
    </>
  )
}

function ColumnsForm({
  projectRef,
  schema,
  columns,
  onChange,
}: {
  readonly projectRef: string
  readonly schema: string
  readonly columns: readonly ColumnDraft[]
  readonly onChange: (columns: readonly ColumnDraft[]) => void
}): ReactElement {
  const tables = useProject<readonly DiagramTable[]>(projectRef, 'catalog/diagram', {
    query: { schema },
  })
  const enums = useProject<readonly { schema: string; name: string }[]>(projectRef, 'catalog/enums')
  const targets = [
    'auth.users.id',
    ...(tables.data ?? []).flatMap((table) =>
      table.columns
        .filter(({ primary }) => primary)
        .map(({ name }) => `${table.schema}.${table.name}.${name}`),
    ),
  ]
  const set = (index: number, change: Partial<ColumnDraft>): void =>
    onChange(columns.map((column, at) => (at === index ? { ...column, ...change } : column)))
  const own = Array.isArray(enums.data) ? enums.data : []
  return (
    <div className="stack tight">
      <datalist id="column-types">
        {[
          ...types,
          ...own.map((known) =>
            known.schema === 'public' ? known.name : `${known.schema}.${known.name}`,
          ),
        ].map((type) => (
          <option key={type} value={type} />
        ))}
      </datalist>
      <datalist id="column-targets">
        {targets.map((target) => (
          <option key={target} value={target} />
        ))}
      </datalist>
      {columns.map((column, index) => (
        // oxlint-disable-next-line no-array-index-key
        <div className="column-editor" key={index} role="group" aria-label={`Column ${index + 1}`}>
          <input
            className="input mono"
            aria-label={`Name of column ${index + 1}`}
            placeholder="name"
            value={column.name}
            spellCheck={false}
            onChange={(event) => set(index, { name: event.target.value })}
          />
          <input
            className="input mono"
            aria-label={`Type of column ${index + 1}`}
            placeholder="type"
            list="column-types"
            value={column.type}
            spellCheck={false}
            onChange={(event) => set(index, { type: event.target.value })}
          />
          <input
            className="input mono"
            aria-label={`Default of column ${index + 1}`}
            placeholder={column.identity ? 'identity' : 'default'}
            disabled={column.identity}
            value={column.default}
            spellCheck={false}
            onChange={(event) => set(index, { default: event.target.value })}
          />
          <input
            className="input mono"
            aria-label={`Column ${index + 1} refers to`}
            placeholder="refers to"
            list="column-targets"
            value={column.refersTo}
            spellCheck={false}
            onChange={(event) => set(index, { refersTo: event.target.value })}
          />
          <Check
            label="key"
            checked={column.primary}
            onChange={(event) =>
              set(index, {
                primary: event.target.checked,
                ...(event.target.checked ? { nullable: false } : {}),
              })
            }
          />
          <Check
            label="null"
            checked={column.nullable}
            disabled={column.primary}
            onChange={(event) => set(index, { nullable: event.target.checked })}
          />
          <span className="row">
            <Check
              label="unique"
              checked={column.unique}
              onChange={(event) => set(index, { unique: event.target.checked })}
            />
            <IconButton
              size="small"
              label={`Remove column ${column.name}`}
              icon={<X size={14} />}
              onClick={() => onChange(columns.toSpliced(index, 1))}
            />
          </span>
        </div>
      ))}
      <Button size="small" onClick={() => onChange([...columns, newColumn('', 'text')])}>
        <Plus size={13} aria-hidden /> Add column
      </Button>
    </div>
  )
}
