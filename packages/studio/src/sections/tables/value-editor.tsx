/** A value with the room it needs: JSON with its faults, arrays as lists, long text; NULL, DEFAULT and '' are told apart. */
import { Ellipsis, Plus, X } from 'lucide-react'
import type { ReactElement } from 'react'
import { isDefault, parseArray, printArray, shortType } from '#studio/data-grid'
import type { CellValue, GridColumn } from '#studio/data-grid'
import { Editor } from '#studio/sql-editor'
import { Button, IconButton, Menu, Select } from '#studio/ui'
import { choicesOf } from './cell-editor.tsx'

export interface ValueEditorProps {
  readonly column: GridColumn
  readonly value: CellValue
  readonly onChange: (value: CellValue) => void
  readonly id?: string
  readonly disabled?: boolean
  readonly isLarge?: boolean
}

export function ValueEditor(props: ValueEditorProps): ReactElement {
  const { column, value, onChange, disabled = false } = props
  const isHeld = value === null || isDefault(value)
  return (
    <div className="value-row">
      {isHeld ? (
        <button
          type="button"
          id={props.id}
          className="input muted"
          style={{ textAlign: 'left' }}
          disabled={disabled}
          onClick={() =>
            onChange(column.kind === 'array' ? '{}' : column.kind === 'bool' ? 'false' : '')
          }
        >
          {value === null ? 'NULL' : 'DEFAULT'}
        </button>
      ) : (
        <Held {...props} value={value} />
      )}
      <Menu
        trigger={
          <IconButton
            label={`Value of ${column.name}`}
            icon={<Ellipsis size={15} />}
            disabled={disabled}
          />
        }
        entries={[
          { label: 'NULL', disabled: !column.nullable, onSelect: () => onChange(null) },
          ...(column.hasDefault
            ? [{ label: 'DEFAULT', onSelect: () => onChange({ default: true }) }]
            : []),
          { label: 'Empty text', onSelect: () => onChange('') },
          ...(column.type === 'uuid'
            ? [{ label: 'New random UUID', onSelect: () => onChange(crypto.randomUUID()) }]
            : []),
          ...(column.kind === 'timestamptz'
            ? [{ label: 'Now', onSelect: () => onChange(new Date().toISOString()) }]
            : []),
          ...(column.kind === 'json' && typeof value === 'string'
            ? [{ label: 'Format', onSelect: () => onChange(formatted(value)) }]
            : []),
        ]}
      />
    </div>
  )
}

function formatted(text: string): string {
  // numbers beyond a double would be rounded: what JSON.parse changes is left alone
  try {
    const value: unknown = JSON.parse(text)
    const bare = (source: string): string => source.replace(/\s+/g, '')
    return bare(JSON.stringify(value)) === bare(text) ? JSON.stringify(value, null, 2) : text
  } catch {
    return text
  }
}

function Held({
  column,
  value,
  onChange,
  id,
  disabled = false,
  isLarge = false,
}: ValueEditorProps & { readonly value: string }): ReactElement {
  if (column.kind === 'bool' || (column.kind === 'enum' && column.choices !== null))
    return (
      <Select
        id={id}
        disabled={disabled}
        aria-label={column.name}
        value={
          column.kind === 'bool' ? (value === 't' || value === 'true' ? 'true' : 'false') : value
        }
        options={choicesOf(column).filter((choice) => choice !== '\0null')}
        onChange={(event) => onChange(event.target.value)}
      />
    )
  if (column.kind === 'json')
    return (
      <div className="editor-frame" style={{ height: isLarge ? 360 : 120 }}>
        <Editor
          label={`${column.name}, JSON`}
          language="json"
          value={value}
          onChange={onChange}
          readOnly={disabled}
        />
      </div>
    )
  if (column.kind === 'array')
    return <ArrayEditor column={column} value={value} onChange={onChange} />
  const isLong = column.kind === 'text' || value.includes('\n') || isLarge
  return isLong ? (
    <textarea
      id={id}
      className="textarea"
      aria-label={column.name}
      rows={isLarge ? 16 : Math.min(8, Math.max(2, value.split('\n').length))}
      value={value}
      disabled={disabled}
      spellCheck={false}
      onChange={(event) => onChange(event.target.value)}
    />
  ) : (
    <input
      id={id}
      className={column.kind === 'uuid' ? 'input mono' : 'input'}
      aria-label={column.name}
      placeholder={shortType(column.type)}
      value={value}
      disabled={disabled}
      autoComplete="off"
      spellCheck={false}
      onChange={(event) => onChange(event.target.value)}
    />
  )
}

function ArrayEditor({
  column,
  value,
  onChange,
}: {
  readonly column: GridColumn
  readonly value: string
  readonly onChange: (value: CellValue) => void
}): ReactElement {
  const items = parseArray(value)
  if (items === null)
    return (
      <textarea
        className="textarea mono"
        aria-label={column.name}
        rows={3}
        value={value}
        spellCheck={false}
        onChange={(event) => onChange(event.target.value)}
      />
    )
  const put = (next: readonly (string | null)[]): void => onChange(printArray(next))
  return (
    <div className="stack tight">
      {items.map((item, index) => (
        // oxlint-disable-next-line no-array-index-key
        <div className="row" key={index}>
          <input
            className="input"
            aria-label={`${column.name}, element ${index + 1}`}
            value={item ?? ''}
            placeholder={item === null ? 'NULL' : ''}
            onChange={(event) => put(items.with(index, event.target.value))}
          />
          <Button
            size="small"
            kind="quiet"
            aria-pressed={item === null}
            onClick={() => put(items.with(index, item === null ? '' : null))}
          >
            NULL
          </Button>
          <IconButton
            size="small"
            label={`Remove element ${index + 1}`}
            icon={<X size={14} />}
            onClick={() => put(items.toSpliced(index, 1))}
          />
        </div>
      ))}
      <Button size="small" onClick={() => put([...items, ''])}>
        <Plus size={13} aria-hidden /> Add element
      </Button>
    </div>
  )
}
