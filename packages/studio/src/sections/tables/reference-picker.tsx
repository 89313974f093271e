/** What a foreign key refers to: a look at the row, the way to it, and a choice of another. All columns of the key go together. */
import { useQuery } from '@tanstack/react-query'
import { ArrowUpRight } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { call, projectPath } from '#studio/api'
import { useRelation } from '#studio/catalog'
import type { ForeignKey, Relation } from '#studio/catalog'
import { isDefault } from '#studio/data-grid'
import type { CellValue, Page } from '#studio/data-grid'
import { usePlace } from '#studio/place'
import { Button, ErrorNotice, Facts, IconButton, Loading, Popover, SearchField } from '#studio/ui'

interface ReferenceProps {
  readonly projectRef: string
  readonly relation: Relation
  readonly column: string
  readonly value: CellValue
  /** Absent: it is looked at only. */
  readonly onPick?: (values: Readonly<Record<string, string | null>>) => void
}

export function ReferenceButton(props: ReferenceProps): ReactElement | null {
  const { relation, column } = props
  const [open, setOpen] = useState(false)
  const reference = relation.foreign_keys.find(({ columns }) => columns.includes(column))
  if (reference === undefined) return null
  return (
    <Popover
      open={open}
      onOpenChange={setOpen}
      trigger={
        <IconButton
          size="small"
          label={`Row of ${reference.to_table}`}
          icon={<ArrowUpRight size={14} />}
        />
      }
    >
      {open && <Peek {...props} reference={reference} onClose={() => setOpen(false)} />}
    </Popover>
  )
}

function Peek({
  projectRef,
  column,
  value,
  reference,
  onPick,
  onClose,
}: ReferenceProps & {
  readonly reference: ForeignKey
  readonly onClose: () => void
}): ReactElement {
  const { go } = usePlace()
  const target = useRelation(projectRef, reference.to_oid)
  const [text, setText] = useState('')
  const at = reference.columns.indexOf(column)
  const own = reference.to_columns[at] ?? ''
  const columns = target.data?.columns ?? []
  const label = columns.find(({ base_type }) =>
    ['text', 'varchar', 'citext'].includes(base_type),
  )?.name
  const held = value === null || isDefault(value) ? null : value
  const filters =
    text === ''
      ? held === null
        ? []
        : [{ column: own, op: 'eq', value: held }]
      : [
          label === undefined
            ? { column: own, op: 'eq', value: text }
            : { column: label, op: 'ilike', value: `%${text}%` },
        ]
  const rows = useQuery({
    queryKey: ['project', projectRef, `relations/${reference.to_oid}/rows`, filters],
    queryFn: ({ signal }) =>
      call<Page & { columns: readonly string[] }>(
        'POST',
        projectPath(projectRef, `relations/${reference.to_oid}/rows`),
        { body: { filters, limit: text === '' && held !== null ? 1 : 12 }, signal },
      ),
    enabled: target.data !== undefined,
  })
  const place = (name: string): number => rows.data?.columns.indexOf(name) ?? -1
  const first = rows.data?.rows[0]
  return (
    <div className="stack tight" style={{ width: 360 }}>
      <div className="row">
        <strong className="truncate">
          {reference.to_schema}.{reference.to_table}
        </strong>
        <span className="spacer" />
        {held !== null && (
          <Button
            size="small"
            onClick={() => {
              onClose()
              go({
                section: 'tables',
                path: [reference.to_schema, reference.to_table],
                search: { filter: JSON.stringify([{ column: own, op: 'eq', value: held }]) },
              })
            }}
          >
            Open
          </Button>
        )}
      </div>
      {onPick !== undefined && (
        <SearchField
          label={label === undefined ? `Find by ${own}` : `Find by ${label}`}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      )}
      {rows.error !== null && <ErrorNotice error={rows.error} />}
      {rows.data === undefined && rows.error === null && <Loading rows={3} />}
      {text === '' && held !== null && first !== undefined && (
        <Facts
          facts={columns.slice(0, 8).map(({ name }) => {
            const shown = first[place(name)]
            return [name, shown === null ? 'NULL' : (shown ?? '').slice(0, 120)]
          })}
        />
      )}
      {text === '' && held !== null && rows.data?.rows.length === 0 && (
        <p className="muted">No row has this key.</p>
      )}
      {onPick !== undefined && (text !== '' || held === null) && (
        <div style={{ maxHeight: 260, overflow: 'auto' }}>
          {rows.data?.rows.map((row) => {
            const key = reference.to_columns.map((name) => row[place(name)] ?? null)
            return (
              <button
                key={JSON.stringify(key)}
                type="button"
                className="side-item"
                onClick={() => {
                  onPick(
                    Object.fromEntries(
                      reference.columns.map((name, index) => [name, key[index] ?? null]),
                    ),
                  )
                  onClose()
                }}
              >
                <code>{key.map((part) => part ?? 'NULL').join(', ')}</code>
                {label !== undefined && <span className="truncate">{row[place(label)] ?? ''}</span>}
              </button>
            )
          })}
        </div>
      )}
      {onPick !== undefined && reference.columns.length > 1 && (
        <p className="muted small">Changes {reference.columns.join(', ')} together.</p>
      )}
    </div>
  )
}
