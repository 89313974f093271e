/** A CSV file into a table: what is in it is shown first, then it is streamed, all of it or nothing. */
import { useRef, useState } from 'react'
import type { ReactElement } from 'react'
import { callRaw, call, projectPath } from '#studio/api'
import type { Relation } from '#studio/catalog'
import type { GridColumn } from '#studio/data-grid'
import {
  Button,
  Check,
  ErrorNotice,
  Progress,
  Select,
  SelectField,
  Sheet,
  TextField,
  bytes,
  count,
  plural,
  toast,
} from '#studio/ui'
import { problemOf } from './check-value.ts'
import { readSample } from './csv-sample.ts'
import type { Sample } from './csv-sample.ts'

interface ImportSheetProps {
  readonly projectRef: string
  readonly relation: Relation
  readonly columns: readonly GridColumn[]
  readonly onClose: () => void
  readonly onDone: () => void
}

interface Settings {
  readonly delimiter: string
  readonly header: boolean
  readonly encoding: string
  readonly nullText: string
  readonly onConflict: 'error' | 'skip' | 'update'
}

interface Running {
  readonly id: string
  readonly done: number
  readonly startedMs: number
}

const start: Settings = {
  delimiter: '',
  header: true,
  encoding: 'UTF8',
  nullText: '',
  onConflict: 'error',
}

export function ImportSheet(props: ImportSheetProps): ReactElement {
  const { relation, columns, onClose } = props
  const writable = columns.filter(({ locked }) => locked === null || relation.key === null)
  const [file, setFile] = useState<File | null>(null)
  const [settings, setSettings] = useState<Settings>(start)
  const [sample, setSample] = useState<Sample | null>(null)
  const [targets, setTargets] = useState<readonly (string | null)[]>([])
  const [error, setError] = useState<unknown>(null)
  const { running, begin, cancel } = useImport(props, setError)

  const look = async (chosen: File, next: Settings): Promise<void> => {
    setFile(chosen)
    setSettings(next)
    setError(null)
    try {
      const found = await readSample(chosen, next)
      setSample(found)
      setSettings({ ...next, delimiter: found.delimiter })
      const names = new Map(writable.map(({ name }) => [name.toLowerCase(), name]))
      setTargets(
        found.names.map((name, index) =>
          next.header
            ? (names.get(name.toLowerCase().trim()) ?? null)
            : (writable[index]?.name ?? null),
        ),
      )
    } catch (caught) {
      setError(caught)
    }
  }
  const used = targets.filter((name) => name !== null)
  const twice = used.find((name, index) => used.indexOf(name) !== index)
  return (
    <Sheet
      open
      onClose={onClose}
      wide
      title={`Import CSV into ${relation.name}`}
      dirty={running !== null}
      foot={
        running === null ? (
          <>
            <Button onClick={onClose}>Cancel</Button>
            <Button
              kind="primary"
              disabled={file === null || used.length === 0 || twice !== undefined}
              onClick={() => file !== null && void begin(file, settings, targets)}
            >
              Import {file === null ? '' : bytes(file.size)}
            </Button>
          </>
        ) : (
          <Button onClick={cancel}>Cancel the import</Button>
        )
      }
    >
      <Drop
        file={file}
        onFile={(chosen) => void look(chosen, { ...start, encoding: settings.encoding })}
      />
      {error !== null && <ErrorNotice error={error} title="Nothing was imported" />}
      {running !== null && file !== null && (
        <div className="stack tight" role="status">
          <Progress done={file.size === 0 ? 1 : running.done / file.size} label="Import" />
          <span className="muted small">
            {bytes(running.done)} of {bytes(file.size)} ·{' '}
            {Math.round((Date.now() - running.startedMs) / 1000)} s · in one transaction: it is all
            there or nothing
          </span>
        </div>
      )}
      {sample !== null && file !== null && running === null && (
        <>
          <SettingsForm
            settings={settings}
            hasKey={relation.key !== null}
            onChange={(next) => void look(file, next)}
          />
          {twice !== undefined && <ErrorNotice error={{ message: `${twice} is chosen twice` }} />}
          <Preview
            sample={sample}
            settings={settings}
            targets={targets}
            columns={writable}
            onTarget={(index, name) => setTargets(targets.with(index, name))}
          />
        </>
      )}
    </Sheet>
  )
}

function Drop({
  file,
  onFile,
}: {
  readonly file: File | null
  readonly onFile: (file: File) => void
}): ReactElement {
  const [isOver, setIsOver] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  return (
    <div
      className={isOver ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault()
        setIsOver(true)
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={(event) => {
        event.preventDefault()
        setIsOver(false)
        const [dropped] = event.dataTransfer.files
        if (dropped !== undefined) onFile(dropped)
      }}
    >
      <p>
        {file === null ? 'Drop a CSV or TSV file here, or' : `${file.name} · ${bytes(file.size)}`}
      </p>
      <Button onClick={() => input.current?.click()}>Choose a file</Button>
      <input
        ref={input}
        type="file"
        accept=".csv,.tsv,.txt,text/csv"
        aria-label="CSV file"
        className="visually-hidden"
        tabIndex={-1}
        onChange={(event) => {
          const [chosen] = event.target.files ?? []
          if (chosen !== undefined) onFile(chosen)
        }}
      />
    </div>
  )
}

function SettingsForm({
  settings,
  hasKey,
  onChange,
}: {
  readonly settings: Settings
  readonly hasKey: boolean
  readonly onChange: (settings: Settings) => void
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
          onChange({ ...settings, onConflict: event.target.value as Settings['onConflict'] })
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

function Preview({
  sample,
  settings,
  targets,
  columns,
  onTarget,
}: {
  readonly sample: Sample
  readonly settings: Settings
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

function useImport(
  { projectRef, relation, onClose, onDone }: ImportSheetProps,
  setError: (error: unknown) => void,
) {
  const [running, setRunning] = useState<Running | null>(null)
  const controller = useRef<AbortController | null>(null)
  const begin = async (
    file: File,
    settings: Settings,
    targets: readonly (string | null)[],
  ): Promise<void> => {
    const id = crypto.randomUUID()
    const startedMs = Date.now()
    controller.current = new AbortController()
    setError(null)
    setRunning({ id, done: 0, startedMs })
    const timer = setInterval(() => {
      call<{ bytes: number }>('GET', projectPath(projectRef, `imports/${id}`)).then(
        ({ bytes: done }) => setRunning((now) => (now === null ? null : { ...now, done })),
        () => {},
      )
    }, 500)
    try {
      const response = await callRaw(
        'POST',
        projectPath(projectRef, `relations/${relation.oid}/import`),
        {
          query: {
            id,
            columns: JSON.stringify(targets),
            header: settings.header,
            delimiter: settings.delimiter,
            null: settings.nullText,
            encoding: settings.encoding,
            on_conflict: settings.onConflict,
          },
          body: file,
          contentType: 'text/csv',
          signal: controller.current.signal,
        },
      )
      const { rows } = (await response.json()) as { rows: number }
      toast(
        `${plural(rows, 'row')} imported in ${count(Math.round((Date.now() - startedMs) / 1000))} s`,
      )
      onDone()
      onClose()
    } catch (error) {
      if (controller.current.signal.aborted) toast('The import was cancelled: no row was kept')
      else setError(error)
    } finally {
      clearInterval(timer)
      setRunning(null)
    }
  }
  const cancel = (): void => {
    if (running !== null)
      call('DELETE', projectPath(projectRef, `imports/${running.id}`)).catch(() => {})
    controller.current?.abort()
  }
  return { running, begin, cancel }
}
