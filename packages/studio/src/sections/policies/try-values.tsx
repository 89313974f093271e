/** What is to be written, and which row: as Postgres reads it. What is not given is left out. */
import type { ReactElement } from 'react'
import type { ColumnInfo, Relation } from '#studio/catalog'
import { Check, TextField } from '#studio/ui'
import type { Operation } from './explained.ts'

export interface TypedValues {
  readonly key: Readonly<Record<string, string>>
  readonly row: Readonly<Record<string, string | null>>
}

export function TryValues({
  relation,
  operation,
  typed,
  onChange,
}: {
  readonly relation: Relation
  readonly operation: Operation
  readonly typed: TypedValues
  readonly onChange: (typed: TypedValues) => void
}): ReactElement {
  const setRow = (name: string, value: string | null | undefined): void => {
    const { [name]: _, ...others } = typed.row
    onChange({ ...typed, row: value === undefined ? others : { ...others, [name]: value } })
  }
  return (
    <div className="stack">
      {operation !== 'insert' && relation.key !== null && (
        <section className="stack tight">
          <h3>Row: its key, or nothing for the first rows</h3>
          <div className="cards">
            {relation.key.map((name) => (
              <TextField
                key={name}
                label={name}
                mono
                value={typed.key[name] ?? ''}
                onChange={(event) =>
                  onChange({ ...typed, key: { ...typed.key, [name]: event.target.value } })
                }
              />
            ))}
          </div>
        </section>
      )}
      {operation !== 'delete' && (
        <section className="stack tight">
          <h3>{operation === 'insert' ? 'New row' : 'What is changed'}</h3>
          <div className="cards">
            {relation.columns
              .filter(({ generated, identity }) => generated === null && identity !== 'always')
              .map((column) => (
                <ValueField
                  key={column.name}
                  column={column}
                  value={typed.row[column.name]}
                  onChange={(value) => setRow(column.name, value)}
                />
              ))}
          </div>
        </section>
      )}
    </div>
  )
}

function ValueField({
  column: { name, type, nullable },
  value,
  onChange,
}: {
  readonly column: ColumnInfo
  readonly value: string | null | undefined
  readonly onChange: (value: string | null | undefined) => void
}): ReactElement {
  return (
    <div className="row" style={{ alignItems: 'flex-end' }}>
      <div style={{ flex: 1, minWidth: 0 }}>
        <TextField
          label={
            <>
              {name} <span className="muted">{type}</span>
            </>
          }
          mono
          placeholder={value === null ? 'NULL' : 'not given'}
          value={value ?? ''}
          onChange={({ target }) => onChange(target.value === '' ? undefined : target.value)}
        />
      </div>
      {nullable && (
        <Check
          label={
            <>
              NULL<span className="visually-hidden"> as {name}</span>
            </>
          }
          checked={value === null}
          onChange={(event) => onChange(event.target.checked ? null : undefined)}
        />
      )}
    </div>
  )
}
