/** Which rows: a line for each condition, all of which hold. */
import { Plus, X } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement } from 'react'
import type { GridColumn } from '#studio/data-grid'
import { Button, IconButton, Select } from '#studio/ui'
import type { Filter, FilterOp } from './view-state.ts'

const ops: readonly { readonly value: FilterOp; readonly label: string }[] = [
  { value: 'eq', label: '= equals' },
  { value: 'neq', label: '<> is not' },
  { value: 'lt', label: '< less' },
  { value: 'lte', label: '<= at most' },
  { value: 'gt', label: '> more' },
  { value: 'gte', label: '>= at least' },
  { value: 'ilike', label: 'ilike %text%' },
  { value: 'like', label: 'like %Text%' },
  { value: 'contains', label: '@> contains' },
  { value: 'in', label: 'in a, b, c' },
  { value: 'is_null', label: 'is null' },
  { value: 'not_null', label: 'is not null' },
]

interface Draft {
  readonly column: string
  readonly op: FilterOp
  readonly value: string
}

const bare = (op: FilterOp): boolean => op === 'is_null' || op === 'not_null'

function toDraft({ column, op, value = '' }: Filter): Draft {
  return { column, op, value: typeof value === 'string' ? value : value.join(', ') }
}

function toFilter({ column, op, value }: Draft): Filter {
  if (bare(op)) return { column, op }
  if (op === 'in') return { column, op, value: value.split(',').map((item) => item.trim()) }
  return { column, op, value }
}

export function FilterBar({
  columns,
  filters,
  onApply,
  onClose,
}: {
  readonly columns: readonly GridColumn[]
  readonly filters: readonly Filter[]
  readonly onApply: (filters: readonly Filter[]) => void
  readonly onClose: () => void
}): ReactElement {
  const fresh: Draft = { column: columns[0]?.name ?? '', op: 'eq', value: '' }
  const [drafts, setDrafts] = useState<readonly Draft[]>(
    filters.length === 0 ? [fresh] : filters.map(toDraft),
  )
  const set = (index: number, change: Partial<Draft>): void =>
    setDrafts(drafts.map((draft, at) => (at === index ? { ...draft, ...change } : draft)))
  const apply = (next: readonly Draft[]): void =>
    onApply(next.filter(({ op, value }) => bare(op) || value !== '' || op === 'eq').map(toFilter))
  return (
    <form
      className="filters"
      aria-label="Filters"
      onSubmit={(event) => {
        event.preventDefault()
        apply(drafts)
      }}
    >
      {drafts.map((draft, index) => (
        // oxlint-disable-next-line no-array-index-key
        <div className="filter-row" key={index}>
          <Select
            aria-label={`Column of filter ${index + 1}`}
            value={draft.column}
            options={columns.map(({ name }) => name)}
            onChange={(event) => set(index, { column: event.target.value })}
          />
          <Select
            aria-label={`Condition of filter ${index + 1}`}
            value={draft.op}
            options={ops}
            onChange={(event) => set(index, { op: event.target.value as FilterOp })}
          />
          <input
            className="input"
            aria-label={`Value of filter ${index + 1}`}
            value={draft.value}
            disabled={bare(draft.op)}
            autoFocus={index === drafts.length - 1}
            spellCheck={false}
            onChange={(event) => set(index, { value: event.target.value })}
          />
          <IconButton
            label={`Remove filter ${index + 1}`}
            icon={<X size={15} />}
            onClick={() => {
              const next = drafts.toSpliced(index, 1)
              setDrafts(next)
              apply(next)
              if (next.length === 0) onClose()
            }}
          />
        </div>
      ))}
      <div className="row">
        <Button size="small" kind="quiet" onClick={() => setDrafts([...drafts, fresh])}>
          <Plus size={13} aria-hidden /> Add condition
        </Button>
        <span className="spacer" />
        <Button
          size="small"
          onClick={() => {
            onApply([])
            onClose()
          }}
        >
          Clear
        </Button>
        <Button size="small" kind="primary" type="submit">
          Apply
        </Button>
      </div>
    </form>
  )
}
