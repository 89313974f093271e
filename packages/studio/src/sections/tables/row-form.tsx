/** A row as a form: a new one, or one that is opened. */
import { useState } from 'react'
import type { ReactElement } from 'react'
import { refusal } from '#studio/api'
import type { Role } from '#studio/api'
import type { Relation } from '#studio/catalog'
import { isDefault, shortType } from '#studio/data-grid'
import type { CellValue, GridColumn } from '#studio/data-grid'
import { useDraft } from '#studio/place'
import { Button, ErrorNotice, Field, Sheet, toast } from '#studio/ui'
import { problemOf } from './check-value.ts'
import { ReferenceButton } from './reference-picker.tsx'
import { saveChanges } from './save-changes.ts'
import { ValueEditor } from './value-editor.tsx'

type Values = Readonly<Record<string, CellValue>>

interface RowFormProps {
  readonly projectRef: string
  readonly relation: Relation
  readonly columns: readonly GridColumn[]
  readonly role: Role | undefined
  readonly onClose: () => void
  readonly onSaved: () => void
}

const startOf = ({ hasDefault, nullable }: GridColumn): CellValue =>
  hasDefault ? { default: true } : nullable ? null : ''

export function NewRow(props: RowFormProps): ReactElement {
  const { projectRef, relation, columns, onClose, onSaved } = props
  const writable = columns.filter((column, index) => {
    const info = relation.columns[index]
    return (
      info !== undefined &&
      info.generated === null &&
      (column.locked === null || relation.key === null)
    )
  })
  const [typed, setTyped] = useDraft<Values | null>(`new-row:${projectRef}:${relation.oid}`, null)
  const values: Values =
    typed ?? Object.fromEntries(writable.map((column) => [column.name, startOf(column)]))
  const save = async (): Promise<void> => {
    const row = Object.fromEntries(Object.entries(values).filter(([, value]) => !isDefault(value)))
    await saveChanges(projectRef, relation.oid, { inserts: [row] })
    setTyped(null)
    toast('Row inserted')
    onSaved()
    onClose()
  }
  return (
    <Form
      {...props}
      title={`Insert row into ${relation.name}`}
      action="Insert row"
      columns={writable}
      values={values}
      onChange={(name, value) => setTyped({ ...values, [name]: value })}
      onSubmit={save}
      dirty={typed !== null}
      onDiscard={() => setTyped(null)}
    />
  )
}

/** What is changed here waits with the other changes until Save. */
export function OpenRow(
  props: RowFormProps & {
    readonly values: Values
    readonly onChange: (column: GridColumn, value: CellValue) => void
  },
): ReactElement {
  return (
    <Form
      {...props}
      title={`Row of ${props.relation.name}`}
      action={null}
      onChange={(name, value) => {
        const column = props.columns.find((known) => known.name === name)
        if (column !== undefined) props.onChange(column, value)
      }}
      onSubmit={() => Promise.resolve()}
      dirty={false}
      onDiscard={() => {}}
    />
  )
}

function Form({
  projectRef,
  relation,
  title,
  action,
  columns,
  values,
  role,
  dirty,
  onChange,
  onSubmit,
  onDiscard,
  onClose,
}: Omit<RowFormProps, 'onSaved'> & {
  readonly title: string
  /** Null: nothing to save here. */
  readonly action: string | null
  readonly values: Values
  readonly dirty: boolean
  readonly onChange: (name: string, value: CellValue) => void
  readonly onSubmit: () => Promise<void>
  readonly onDiscard: () => void
}): ReactElement {
  const [error, setError] = useState<unknown>(null)
  const [isTried, setIsTried] = useState(false)
  const problems = new Map(
    columns.map((column) => [column.name, problemOf(values[column.name] ?? null, column)]),
  )
  const submit = (): void => {
    setIsTried(true)
    if (columns.some(({ name, locked }) => locked === null && problems.get(name) !== null)) return
    setError(null)
    onSubmit().catch(setError)
  }
  return (
    <Sheet
      open
      onClose={() => {
        onDiscard()
        onClose()
      }}
      title={title}
      dirty={dirty}
      {...(action === null ? {} : { onSubmit: submit })}
      foot={
        action !== null && (
          <>
            <Button onClick={onClose}>Close, keep as draft</Button>
            <Button kind="primary" type="submit" refusal={refusal(role, 'developer')}>
              {action}
            </Button>
          </>
        )
      }
    >
      {error !== null && <ErrorNotice error={error} title="Row not saved" />}
      {columns.map((column) => (
        <Field
          key={column.name}
          label={
            <>
              {column.name} <span className="muted small">{shortType(column.type)}</span>
            </>
          }
          help={column.locked ?? column.comment ?? undefined}
          problem={isTried && column.locked === null ? (problems.get(column.name) ?? null) : null}
        >
          {({ id }) => (
            <div className="row" style={{ alignItems: 'start' }}>
              <div style={{ flex: 1, minWidth: 0 }}>
                <ValueEditor
                  id={id}
                  column={column}
                  value={values[column.name] ?? null}
                  disabled={column.locked !== null && action === null}
                  onChange={(value) => onChange(column.name, value)}
                />
              </div>
              {column.refersTo !== null && (
                <ReferenceButton
                  projectRef={projectRef}
                  relation={relation}
                  column={column.name}
                  value={values[column.name] ?? null}
                  onPick={(picked) => {
                    for (const [name, value] of Object.entries(picked)) onChange(name, value)
                  }}
                />
              )}
            </div>
          )}
        </Field>
      ))}
    </Sheet>
  )
}
