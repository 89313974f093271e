/** What a script answered: a tab for each statement, its rows or its plan; and what went wrong, where. */
import { Copy } from 'lucide-react'
import { useMemo, useState } from 'react'
import type { ReactElement } from 'react'
import { DataGrid, faceOf, kindOf, widthOf } from '#studio/data-grid'
import type { GridColumn } from '#studio/data-grid'
import {
  Button,
  EmptyState,
  ErrorNotice,
  Menu,
  Notice,
  Tabs,
  copyText,
  count,
  milliseconds,
  saveFile,
} from '#studio/ui'
import { toCsv, toJson, toMarkdown } from './export-result.ts'
import { PlanTree } from './plan-tree.tsx'
import type { Ran, SqlAnswer, StatementResult } from './run-sql.ts'

export function Results({ ran }: { readonly ran: Ran | null }): ReactElement {
  if (ran === null)
    return (
      <EmptyState title="Nothing was run yet">
        Ctrl-Enter runs the text, or what is selected of it. Several statements give several
        results.
      </EmptyState>
    )
  if (ran.answer === null)
    return (
      <div className="out-body" style={{ padding: 16 }}>
        <ErrorNotice error={ran.failure} />
      </div>
    )
  return <Answer key={ran.query} answer={ran.answer} query={ran.query} />
}

function Answer({
  answer,
  query,
}: {
  readonly answer: SqlAnswer
  readonly query: string
}): ReactElement {
  const { results, error, notices } = answer
  const [chosen, setChosen] = useState<string | null>(null)
  const tabs = [
    ...results.map((result, index) => ({
      id: String(index),
      label: `${results.length > 1 ? `${index + 1} · ` : ''}${titleOf(result)}`,
    })),
    ...(error === null ? [] : [{ id: 'error', label: 'Error' }]),
    ...(notices.length === 0 ? [] : [{ id: 'notices', label: `Notices (${notices.length})` }]),
    { id: 'who', label: `as ${answer.role}${answer.read_only ? ', read only' : ''}` },
  ]
  const value = chosen ?? (error === null ? (results.length === 0 ? 'who' : '0') : 'error')
  const result = results[Number(value)]
  return (
    <>
      <Tabs label="Results" tabs={tabs} value={value} onChange={setChosen} />
      <div className="out-body">
        {value === 'error' && error !== null && (
          <div style={{ padding: 16 }}>
            <ErrorNotice
              error={{
                ...error,
                details:
                  [where(query, error.position), error.detail].filter(Boolean).join(' · ') || null,
              }}
              title={`Statement ${error.statement + 1}`}
            />
          </div>
        )}
        {value === 'notices' && (
          <pre style={{ padding: 16, overflow: 'auto' }}>{notices.join('\n')}</pre>
        )}
        {value === 'who' && (
          <div style={{ padding: 16 }}>
            <Notice>
              Ran as {answer.role}
              {answer.claims === null ? ', without claims.' : ' with these claims:'}
              {answer.claims !== null && <pre>{JSON.stringify(answer.claims, null, 2)}</pre>}
            </Notice>
          </div>
        )}
        {result !== undefined &&
          (result.plan === undefined ? <Rows result={result} /> : <PlanTree plan={result.plan} />)}
      </div>
    </>
  )
}

function titleOf({ plan, command, row_count, truncated, ms }: StatementResult): string {
  if (plan !== undefined) return 'Plan'
  const rows =
    command === 'SELECT' || truncated || row_count > 0
      ? ` ${count(row_count)}${truncated ? '+' : ''}`
      : ''
  return `${command ?? 'SELECT'}${rows} · ${milliseconds(ms)}`
}

function where(query: string, position: number | null): string | null {
  if (position === null) return null
  const before = query.slice(0, position - 1).split('\n')
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`
}

function Rows({ result }: { readonly result: StatementResult }): ReactElement {
  const [widths, setWidths] = useState<Readonly<Record<number, number>>>({})
  const columns = useMemo<readonly GridColumn[]>(
    () =>
      result.columns.map(({ name, type }) => ({
        name,
        type,
        kind: kindOf(type, type.endsWith('[]'), false),
        nullable: true,
        hasDefault: false,
        isKey: false,
        locked: 'A result',
        choices: null,
        refersTo: null,
        comment: null,
      })),
    [result],
  )
  if (columns.length === 0)
    return (
      <EmptyState title={`${result.command ?? 'Done'}`}>
        {result.row_count > 0 ? `${count(result.row_count)} rows in ` : ''}
        {milliseconds(result.ms)}
      </EmptyState>
    )
  return (
    <>
      <DataGrid
        label="Result"
        columns={columns.map((column) => ({ ...column, locked: null }))}
        widths={columns.map((column, index) => widths[index] ?? widthOf(column))}
        onWidth={(index, width) => setWidths({ ...widths, [index]: width })}
        total={result.rows.length}
        face={(row, column) => {
          const info = columns[column]
          return info === undefined
            ? null
            : faceOf(result.rows[row]?.[column] ?? null, info, { inUtc: true })
        }}
        onKey={(event, row, column) => {
          if (!(event.ctrlKey || event.metaKey) || event.key !== 'c') return false
          void navigator.clipboard.writeText(result.rows[row]?.[column] ?? '')
          return true
        }}
      />
      <div
        className="grid-foot"
        style={{
          flex: 'none',
          padding: '2px 12px',
          display: 'flex',
          gap: 12,
          alignItems: 'center',
          borderTop: '1px solid var(--line)',
        }}
      >
        <span className="small muted">
          {count(result.rows.length)} rows
          {result.truncated ? ', there are more: raise the limit or export the table' : ''}
        </span>
        <span style={{ flex: 1 }} />
        <Menu
          trigger={
            <Button size="small" kind="quiet">
              <Copy size={13} aria-hidden /> Copy or save
            </Button>
          }
          entries={[
            { label: 'Copy as CSV', onSelect: () => copyText(toCsv(result), 'CSV') },
            { label: 'Copy as JSON', onSelect: () => copyText(toJson(result), 'JSON') },
            { label: 'Copy as Markdown', onSelect: () => copyText(toMarkdown(result), 'Markdown') },
            {
              label: 'Save as CSV',
              onSelect: () => saveFile([toCsv(result)], 'result.csv', 'text/csv'),
            },
            {
              label: 'Save as JSON',
              onSelect: () => saveFile([toJson(result)], 'result.json', 'application/json'),
            },
          ]}
        />
      </div>
    </>
  )
}
