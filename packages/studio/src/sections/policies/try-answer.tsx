/** What came of a try: rows with their verdicts, and what each policy costs. */
import { useState } from 'react'
import type { ReactElement } from 'react'
import type { Relation } from '#studio/catalog'
import { Badge, CodeSample, DataTable, Notice, plural } from '#studio/ui'
import type { Explained, TriedRow } from './explained.ts'
import { PolicyCosts } from './policy-costs.tsx'
import { Verdicts } from './verdict-tree.tsx'

export function TryAnswer({
  projectRef,
  relation,
  answer,
}: {
  readonly projectRef: string
  readonly relation: Relation
  readonly answer: Explained
}): ReactElement {
  const { rows, reason, tried, cost } = answer
  const passing = rows.filter(({ passes }) => passes).length
  return (
    <section className="stack" aria-label="Answer">
      {reason !== null && (
        <Notice kind={answer.grant === 'none' ? 'danger' : 'info'}>{reason}</Notice>
      )}
      {tried !== null && (
        <Notice kind={tried.error === null ? 'ok' : 'danger'}>
          {tried.error === null
            ? `Postgres wrote ${plural(tried.rows, 'row')}, and they are undone.`
            : `Postgres said: ${tried.error}`}
        </Notice>
      )}
      {rows.length > 0 && (
        <h2>
          {passing === rows.length
            ? `${plural(rows.length, 'row')} ${rows.length === 1 ? 'passes' : 'pass'}`
            : `${passing} of ${plural(rows.length, 'row')} pass`}
        </h2>
      )}
      {rows.length === 0 && reason === null && (
        <p className="muted">No row was looked at: the table is empty, or none has this key.</p>
      )}
      {rows.length > 0 && <TriedRows relation={relation} rows={rows} />}
      {cost.length > 0 && <PolicyCosts projectRef={projectRef} relation={relation} costs={cost} />}
      <details>
        <summary>As {answer.role}, with these claims</summary>
        <CodeSample code={JSON.stringify(answer.claims, null, 2)} label="claims" />
      </details>
    </section>
  )
}

function TriedRows({
  relation,
  rows,
}: {
  readonly relation: Relation
  readonly rows: readonly TriedRow[]
}): ReactElement {
  const [open, setOpen] = useState(() =>
    Math.max(
      0,
      rows.findIndex(({ passes }) => !passes),
    ),
  )
  const shown = rows[open]
  const numbered = rows.map((row, at) => ({ ...row, at }))
  return (
    <div className="tried stack">
      <DataTable
        label="Rows that were tried"
        rows={numbered}
        rowKey={({ at }) => String(at)}
        onOpen={({ at }) => setOpen(at)}
        isSelected={({ at }) => at === open}
        columns={[
          {
            name: 'Verdict',
            cell: ({ passes }) =>
              passes ? <Badge kind="ok">passes</Badge> : <Badge kind="danger">refused</Badge>,
            sort: ({ passes }) => (passes ? 1 : 0),
            width: 90,
          },
          {
            name: relation.key?.join(', ') ?? 'Row',
            cell: ({ key, at }) => (
              <button type="button" className="link-button" onClick={() => setOpen(at)}>
                {key.length === 0 ? `new row` : key.map((value) => value ?? 'NULL').join(', ')}
              </button>
            ),
          },
          {
            name: 'Values',
            cell: ({ row }) => (
              <div className="truncate tried-row mono">
                {Object.entries(row)
                  .map(([name, value]) => `${name}: ${value ?? 'NULL'}`)
                  .join(', ')}
              </div>
            ),
          },
          { name: 'Why', cell: ({ reason }) => reason },
        ]}
      />
      {shown !== undefined && <Verdicts row={shown} />}
    </div>
  )
}
