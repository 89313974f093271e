/** Whether Postgres takes statements: run, and undone. */
import { useState } from 'react'
import type { ReactElement } from 'react'
import { call, projectPath } from '#studio/api'
import { Button, ErrorNotice, Notice } from '#studio/ui'

interface Answer {
  readonly error: { readonly message: string; readonly code: string; readonly hint?: string } | null
}

type Outcome = { readonly sql: string; readonly error: unknown } | null

export function CheckSql({
  projectRef,
  sql,
}: {
  readonly projectRef: string
  readonly sql: string
}): ReactElement {
  const [outcome, setOutcome] = useState<Outcome>(null)
  const [isBusy, setIsBusy] = useState(false)
  const check = async (): Promise<void> => {
    setIsBusy(true)
    try {
      const { error } = await call<Answer>('POST', projectPath(projectRef, 'sql/run'), {
        body: { query: `begin;\n${sql}\nrollback;` },
      })
      setOutcome({ sql, error })
    } catch (error) {
      setOutcome({ sql, error })
    } finally {
      setIsBusy(false)
    }
  }
  // of other statements it says nothing
  const current = outcome?.sql === sql ? outcome : null
  return (
    <>
      <div className="row">
        <Button disabled={isBusy || sql === ''} onClick={() => void check()}>
          Check without keeping it
        </Button>
      </div>
      {current !== null &&
        (current.error === null ? (
          <Notice kind="ok">
            Postgres accepts it. It was run and undone: nothing has changed.
          </Notice>
        ) : (
          <ErrorNotice title="Postgres refuses it" error={current.error} />
        ))}
    </>
  )
}
