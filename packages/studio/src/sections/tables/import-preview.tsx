/** How a file is read, and what its first rows become. */
import type { ReactElement } from 'react'
import type { GridColumn } from '#studio/data-grid'
import { Check, Select, SelectField, TextField } from '#studio/ui'
import { problemOf } from './check-value.ts'
import type { Sample } from './csv-sample.ts'
import type { ImportSettings } from './use-import.ts'

export function SettingsForm({
  settings,
  hasKey,
  onChange,
}: {
  readonly settings: ImportSettings
  readonly hasKey: boolean
  readonly onChange: (settings: ImportSettings) => void
}): ReactElement {
  return (
    <div className="cards">
      <SelectField
        label="Delimiter"
        value={settings.delimiter}
        options={[
          { value: ',', label: 'Comma' },
          { value: ';', label: 'Semicolon' },
          { value: '\t', label: 'Tab' },
          { value: '|', label: 'Bar' },
        ]}
        onChange={(event) => onChange({ ...settings, delimiter: event.target.value })}
      />
      <SelectField
        label="Encoding"
        value={settings.encoding}
        options={['UTF8', 'LATIN1', 'WIN1252', 'WIN1251', 'SJIS', 'EUC_KR', 'BIG5', 'GBK']}
        onChange={(event) => onChange({ ...settings, encoding: event.target.value })}
      />
      <SelectField
        label="A row that is there already"
        value={settings.onConflict}
        options={[
          { value: 'error', label: 'ends the import' },
          { value: 'skip', label: 'is left as it is' },
          ...(hasKey ? [{ value: 'update', label: 'is updated' }] : []),
        ]}
        onChange={(event) =>
          onChange({ ...settings, onConflict: event.target.value as ImportSettings['onConflict'] })
        }
      />
      <TextField
        label="NULL is written as"
        help="Unquoted. Quoted, it is that text; “” in quotes is empty text."
        value={settings.nullText}
        placeholder="nothing"
        onChange={(event) => onChange({ ...settings, nullText: event.target.value })}
      />
      <Check
        label="The first line has names"
        checked={settings.header}
        onChange={(event) => onChange({ ...settings, header: event.target.checked })}
      />
    </div>
  )
}

export function ImportPreview({
  sample,
  settings,
  targets,
  columns,
  onTarget,
}: {
  readonly sample: Sample
  readonly settings: ImportSettings
  readonly targets: readonly (string | null)[]
  readonly columns: readonly GridColumn[]
  readonly onTarget: (index: number, name: string | null) => void
}): ReactElement {
  const columnAt = (index: number): GridColumn | undefined =>
    columns.find(({ name }) => name === targets[index])
  return (
    <div className="table-wrap" tabIndex={0} role="region" aria-label="First rows of the file">
      <table className="table">
        <thead>
          <tr>
            {sample.names.map((name, index) => (
              // oxlint-disable-next-line no-array-index-key
              <th key={index}>
                <div className="stack tight">
                  {settings.header ? name : `Column ${index + 1}`}
                  <Select
                    aria-label={`Goes to, of ${settings.header ? name : `column ${index + 1}`}`}
                    value={targets[index] ?? ''}
                    options={[
                      { value: '', label: 'skip' },
                      ...columns.map((column) => column.name),
                    ]}
                    onChange={(event) => onTarget(index, event.target.value || null)}
                  />
                </div>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sample.rows.map((row, at) => (
            // oxlint-disable-next-line no-array-index-key
            <tr key={at}>
              {sample.names.map((_, index) => {
                const text = row[index] ?? ''
                const column = columnAt(index)
                const value = text === settings.nullText ? null : text
                const problem =
                  column === undefined || (value === null && column.hasDefault)
                    ? null
                    : problemOf(value, column)
                return (
                  // oxlint-disable-next-line no-array-index-key
                  <td
                    key={index}
                    className={problem === null ? undefined : 'bad-cell'}
                    title={problem ?? undefined}
                  >
                    {value === null ? <span className="muted">NULL</span> : text.slice(0, 80)}
                    {problem !== null && <div className="small">{problem}</div>}
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
