/** Before the schema is changed: the statements, and whether they are run, or kept as a migration as well. */
import { useState } from 'react'
import type { ReactElement } from 'react'
import { call, projectPath, useForget } from '#studio/api'
import { Editor } from '#studio/sql-editor'
import { Button, Check, Dialog, ErrorNotice, Notice, TextField, toast } from '#studio/ui'

interface Answer {
  readonly error: { readonly message: string; readonly code: string; readonly hint?: string } | null
}

/** What a change of the schema makes stale. */
const stale = ['catalog', 'policies', 'advisors', 'relations', 'migrations', 'tables']

export function SqlDialog({
  projectRef,
  title,
  sql,
  migrationName,
  isOnce = false,
  warning,
  onClose,
  onDone,
}: {
  readonly projectRef: string
  readonly title: string
  /** Null: closed. */
  readonly sql: string | null
  readonly migrationName: string
  /** For this database alone, unless somebody says otherwise: it is no part of the schema. */
  readonly isOnce?: boolean
  /** What is lost by it. */
  readonly warning?: string | undefined
  readonly onClose: () => void
  readonly onDone?: () => void
}): ReactElement {
  return (
    <Dialog open={sql !== null} onClose={onClose} title={title} wide>
      {sql !== null && (
        <Review
          projectRef={projectRef}
          sql={sql}
          migrationName={migrationName}
          isOnce={isOnce}
          warning={warning}
          onClose={onClose}
          onDone={() => {
            onClose()
            onDone?.()
          }}
        />
      )}
    </Dialog>
  )
}

function Review({
  projectRef,
  sql,
  migrationName,
  isOnce,
  warning,
  onClose,
  onDone,
}: {
  readonly projectRef: string
  readonly sql: string
  readonly migrationName: string
  readonly isOnce: boolean
  readonly warning: string | undefined
  readonly onClose: () => void
  readonly onDone: () => void
}): ReactElement {
  const forget = useForget(projectRef)
  const [text, setText] = useState(sql)
  const [isMigration, setIsMigration] = useState(!isOnce)
  const [name, setName] = useState(migrationName)
  const [error, setError] = useState<unknown>(null)
  const [isBusy, setIsBusy] = useState(false)
  const run = async (): Promise<void> => {
    setIsBusy(true)
    setError(null)
    try {
      if (isMigration)
        await call('POST', projectPath(projectRef, 'migrations'), {
          body: { name, sql: text, apply: true },
        })
      else {
        const answer = await call<Answer>('POST', projectPath(projectRef, 'sql/run'), {
          body: { query: text },
        })
        if (answer.error !== null) throw answer.error
      }
      await forget(...stale)
      toast(isMigration ? `Migration ${name} is written and applied` : 'Done')
      onDone()
    } catch (caught) {
      setError(caught)
      setIsBusy(false)
    }
  }
  return (
    <>
      {warning !== undefined && <Notice kind="warn">{warning}</Notice>}
      <div className="editor-frame" style={{ height: 260 }}>
        <Editor label="Statements" value={text} onChange={setText} />
      </div>
      <Check
        label="Keep it as a migration, so that other databases get it too"
        checked={isMigration}
        onChange={(event) => setIsMigration(event.target.checked)}
      />
      {isMigration && (
        <TextField
          label="Name of the migration"
          value={name}
          onChange={(event) => setName(event.target.value.replace(/[^\w-]+/g, '_'))}
          mono
        />
      )}
      {error !== null && <ErrorNotice error={error} title="Nothing was changed" />}
      <div className="row" style={{ justifyContent: 'flex-end' }}>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          kind="primary"
          disabled={isBusy || text.trim() === '' || (isMigration && name === '')}
          onClick={() => void run()}
        >
          {isMigration ? 'Save and apply migration' : 'Run'}
        </Button>
      </div>
    </>
  )
}
