/** A CSV file into a table: what is in it is shown first, then it is streamed, all of it or nothing. */
import { useRef, useState } from 'react'
import type { ReactElement } from 'react'
import { Button, ErrorNotice, Progress, Sheet, bytes } from '#studio/ui'
import { readSample } from './csv-sample.ts'
import type { Sample } from './csv-sample.ts'
import { ImportPreview, SettingsForm } from './import-preview.tsx'
import { useImport } from './use-import.ts'
import type { ImportSettings, ImportSheetProps } from './use-import.ts'

const start: ImportSettings = {
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
  const [settings, setSettings] = useState<ImportSettings>(start)
  const [sample, setSample] = useState<Sample | null>(null)
  const [targets, setTargets] = useState<readonly (string | null)[]>([])
  const [error, setError] = useState<unknown>(null)
  const { running, begin, cancel } = useImport(props, setError)

  const look = async (chosen: File, next: ImportSettings): Promise<void> => {
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
          <ImportPreview
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
