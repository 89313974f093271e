/** One query: its text, how it is run, and what came of it. */
import { Play, Square } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { ReactElement } from 'react'
import { refusal, useForget, useSession } from '#studio/api'
import { SqlDialog } from '#studio/ddl'
import { IdentityPicker, owner } from '#studio/people'
import type { Identity } from '#studio/people'
import { usePlace } from '#studio/place'
import { Editor, useCompletion } from '#studio/sql-editor'
import {
  Badge,
  Button,
  Check,
  ConfirmDialog,
  ErrorNotice,
  Loading,
  Menu,
  Select,
  toast,
} from '#studio/ui'
import { remember } from './history.ts'
import { Results } from './results.tsx'
import { SaveButton } from './save-button.tsx'
import { unbounded, useSql } from './run-sql.ts'
import { useSnippet } from './snippets.ts'
import type { UsedSnippet } from './snippets.ts'

export function QueryView({
  projectRef,
  name,
}: {
  readonly projectRef: string
  /** Null: a new one. */
  readonly name: string | null
}): ReactElement {
  const { search } = usePlace()
  const role = useSession().data?.operator?.role
  const forget = useForget(projectRef)
  const snippet = useSnippet(projectRef, name)
  const names = useCompletion(projectRef)
  const { ran, since, run, cancel } = useSql(projectRef)
  const [identity, setIdentity] = useState<Identity>(owner)
  const [asked, setAsked] = useState<{ text: string; why: string } | null>(null)
  const [isMigration, setIsMigration] = useState(false)
  const isViewer = refusal(role, 'developer') !== null
  const isReadOnly = isViewer || search['mode'] === 'read'
  const limit = Number(search['limit'] ?? 1000)
  const content = snippet.content

  useTaken(name, snippet)
  const start = async (text: string, explain?: 'plan' | 'analyze'): Promise<void> => {
    if (text.trim() === '' || since !== null) return
    await run({
      query: text,
      identity,
      readOnly: isReadOnly,
      limit,
      ...(explain === undefined ? {} : { explain }),
    })
    remember(projectRef, text, true)
    // a script may have changed anything
    if (explain === undefined && !isReadOnly) void forget('catalog', 'migrations', 'policies')
  }
  const ask = (text: string): void => {
    const why = isReadOnly ? null : unbounded(text)
    if (why === null) void start(text)
    else setAsked({ text, why })
  }
  if (content === null)
    return snippet.error === null ? (
      <Loading />
    ) : (
      <ErrorNotice error={snippet.error} onRetry={snippet.revert} />
    )
  const fault = ran?.answer?.error ?? null
  return (
    <>
      <div className="toolbar" role="toolbar" aria-label="Query">
        {since === null ? (
          <Button size="small" kind="primary" onClick={() => ask(content)}>
            <Play size={13} aria-hidden /> Run
          </Button>
        ) : (
          <Button size="small" kind="danger" onClick={cancel}>
            <Square size={13} aria-hidden /> Cancel
          </Button>
        )}
        {since !== null && <Elapsed since={since} />}
        <Menu
          align="start"
          trigger={<Button size="small">Explain</Button>}
          entries={[
            { label: 'Explain: the plan alone', onSelect: () => void start(content, 'plan') },
            {
              label: 'Explain analyze: run, measured, rolled back',
              onSelect: () => void start(content, 'analyze'),
            },
          ]}
        />
        <IdentityPicker projectRef={projectRef} value={identity} onChange={setIdentity} />
        <RunSettings isViewer={isViewer} isReadOnly={isReadOnly} limit={limit} />
        <span className="spacer" />
        {name !== null && <span className="truncate">{name}</span>}
        {snippet.isChanged && <Badge kind="warn">not saved</Badge>}
        <Button
          size="small"
          kind="quiet"
          onClick={() => void format(content).then(snippet.set, tellFailure)}
        >
          Format
        </Button>
        <SaveButton name={name} snippet={snippet} refusal={refusal(role, 'developer')} />
        <Button
          size="small"
          refusal={refusal(role, 'developer')}
          onClick={() => setIsMigration(true)}
        >
          Save as migration
        </Button>
      </div>
      <div className="sql-work">
        <div className="sql-pane">
          <Editor
            label="SQL"
            value={content}
            onChange={snippet.set}
            {...(names === undefined ? {} : { names })}
            onRun={ask}
            onExplain={(text) => void start(text, 'analyze')}
            onSave={() => document.querySelector<HTMLButtonElement>('[data-save]')?.click()}
            hint="select * from todos"
            autoFocus
            errorAt={fault?.position == null || ran?.query !== content ? null : fault.position - 1}
          />
        </div>
        <section className="sql-out" aria-label="Answer" aria-live="polite">
          <Results ran={ran} />
        </section>
      </div>
      <ConfirmDialog
        open={asked !== null}
        title="Run this?"
        action="Run it"
        onClose={() => setAsked(null)}
        onConfirm={() => {
          const text = asked?.text ?? ''
          setAsked(null)
          void start(text)
        }}
      >
        {asked?.why}
      </ConfirmDialog>
      <SqlDialog
        projectRef={projectRef}
        title="Save as migration"
        sql={isMigration ? content : null}
        migrationName={(name ?? 'change').replace(/[^\w-]+/g, '_')}
        onClose={() => setIsMigration(false)}
      />
    </>
  )
}

function RunSettings({
  isViewer,
  isReadOnly,
  limit,
}: {
  readonly isViewer: boolean
  readonly isReadOnly: boolean
  readonly limit: number
}): ReactElement {
  const { setSearch } = usePlace()
  return (
    <>
      <Check
        label="Read only"
        checked={isReadOnly}
        disabled={isViewer}
        onChange={(event) =>
          setSearch({ mode: event.target.checked ? 'read' : null }, { replace: true })
        }
      />
      <div style={{ width: 120 }}>
        <Select
          aria-label="Rows of each result"
          value={String(limit)}
          options={['100', '500', '1000', '10000'].map((value) => ({
            value,
            label: `${value} rows`,
          }))}
          onChange={(event) => setSearch({ limit: event.target.value }, { replace: true })}
        />
      </div>
    </>
  )
}

/** Text from elsewhere (history, another section) is put into a new query, and out of the address. */
function useTaken(name: string | null, snippet: UsedSnippet): void {
  const { search, setSearch } = usePlace()
  const { text } = search
  useEffect(() => {
    if (text === undefined || name !== null) return
    snippet.set(text)
    setSearch({ text: null }, { replace: true })
    // oxlint-disable-next-line exhaustive-deps
  }, [text, name])
}

function Elapsed({ since }: { readonly since: number }): ReactElement {
  const [now, setNow] = useState(Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 200)
    return () => clearInterval(timer)
  }, [])
  return <span className="muted">{((now - since) / 1000).toFixed(1)} s</span>
}

async function format(text: string): Promise<string> {
  const { format: formatSql } = await import('sql-formatter')
  return formatSql(text, { language: 'postgresql', keywordCase: 'preserve', tabWidth: 2 })
}

const tellFailure = (error: Error): void =>
  toast(`Not formatted: ${error.message.split('\n')[0] ?? ''}`, { kind: 'danger' })
