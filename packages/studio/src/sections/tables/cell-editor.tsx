/** The editor over a cell: one line of text, or a choice; what is larger opens a sheet. */
import { useEffect, useRef, useState } from 'react'
import type { KeyboardEvent, ReactElement } from 'react'
import { isDefault } from '#studio/data-grid'
import type { CellValue, EditorProps, GridColumn } from '#studio/data-grid'
import { problemOf } from './check-value.ts'

export function CellEditor({
  column,
  typed,
  value,
  onDone,
  onCommit,
}: Pick<EditorProps, 'column' | 'typed' | 'onDone'> & {
  readonly value: CellValue
  readonly onCommit: (value: CellValue) => void
}): ReactElement {
  if (column.kind === 'bool' || (column.kind === 'enum' && column.choices !== null))
    return <ChoiceEditor column={column} value={value} onDone={onDone} onCommit={onCommit} />
  return (
    <TextEditor column={column} typed={typed} value={value} onDone={onDone} onCommit={onCommit} />
  )
}

type Inner = Pick<EditorProps, 'column' | 'onDone'> & {
  readonly value: CellValue
  readonly onCommit: (value: CellValue) => void
}

function ChoiceEditor({ column, value, onDone, onCommit }: Inner): ReactElement {
  const field = useRef<HTMLSelectElement>(null)
  useEffect(() => field.current?.focus(), [])
  const choices = choicesOf(column)
  const now =
    value === null || isDefault(value)
      ? '\0null'
      : column.kind === 'bool'
        ? shownBool(value)
        : value
  return (
    <select
      ref={field}
      className="select"
      aria-label={column.name}
      defaultValue={now}
      onChange={(event) => {
        onCommit(event.target.value === '\0null' ? null : event.target.value)
        onDone()
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape' || event.key === 'Enter') onDone()
        if (event.key === 'Tab') {
          event.preventDefault()
          onDone(event.shiftKey ? 'left' : 'right')
        }
        event.stopPropagation()
      }}
      onBlur={() => onDone()}
    >
      {choices.map((choice) => (
        <option key={choice} value={choice}>
          {choice === '\0null' ? 'NULL' : choice}
        </option>
      ))}
    </select>
  )
}

const shownBool = (value: string): string => (value === 't' || value === 'true' ? 'true' : 'false')

export const choicesOf = ({ kind, choices, nullable }: GridColumn): readonly string[] => [
  ...(kind === 'bool' ? ['true', 'false'] : (choices ?? [])),
  ...(nullable ? ['\0null'] : []),
]

function TextEditor({
  column,
  typed,
  value,
  onDone,
  onCommit,
}: Inner & { readonly typed: string | null }): ReactElement {
  const initial = value === null || isDefault(value) ? '' : value
  const [text, setText] = useState(typed ?? initial)
  const [isTall, setIsTall] = useState(initial.includes('\n'))
  const [isNull, setIsNull] = useState(value === null && typed === null)
  const isLeft = useRef(false)
  const next: CellValue = isNull ? null : text
  const problem = next === value || isNull ? null : problemOf(next, column)
  const leave = (move?: 'down' | 'right' | 'left'): void => {
    if (isLeft.current) return
    if (problem !== null) return
    isLeft.current = true
    if (next !== value) onCommit(next)
    onDone(move)
  }
  const press = (event: KeyboardEvent): void => {
    event.stopPropagation()
    const mod = event.ctrlKey || event.metaKey
    if (event.key === 'Escape') {
      isLeft.current = true
      onDone()
    } else if (event.key === 'Enter' && event.altKey) {
      event.preventDefault()
      setIsTall(true)
    } else if (event.key === 'Enter' && (!isTall || mod)) {
      event.preventDefault()
      leave('down')
    } else if (event.key === 'Tab') {
      event.preventDefault()
      leave(event.shiftKey ? 'left' : 'right')
    }
  }
  const shared = {
    'aria-label': column.name,
    'aria-invalid': problem === null ? undefined : true,
    value: text,
    placeholder: isNull ? 'NULL' : '',
    autoFocus: true,
    autoComplete: 'off',
    spellCheck: false,
    onKeyDown: press,
    onBlur: () => leave(),
    onChange: (event: { target: { value: string } }) => {
      setIsNull(false)
      setText(event.target.value)
    },
  } as const
  return (
    <>
      {isTall ? (
        <textarea className="textarea" rows={5} {...shared} />
      ) : (
        <input
          className={`input ${column.kind === 'number' ? 'number' : ''} ${column.kind === 'uuid' ? 'mono' : ''}`}
          {...shared}
        />
      )}
      <span className="help" role={problem === null ? undefined : 'alert'}>
        {problem ?? helpOf(column, isTall)}
      </span>
    </>
  )
}

function helpOf({ kind, type }: GridColumn, isTall: boolean): string {
  if (isTall) return 'Ctrl-Enter takes it · Esc leaves it'
  if (kind === 'timestamptz')
    return 'With a zone, such as 2026-11-29 15:04+01 · without one: the server’s'
  if (kind === 'time' && type.startsWith('timestamp')) return 'No zone is added'
  return 'Enter takes it · Alt-Enter more lines'
}
