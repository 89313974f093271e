/** What a database lacks, each with its remedy. */
import type { ReactElement } from 'react'
import { ErrorNotice, Notice } from '#studio/ui'
import type { Requirement } from './project.ts'

export function RefusedDatabase({ error }: { readonly error: Error }): ReactElement {
  return (
    <div className="refused-database">
      <ErrorNotice title="Nothing was made" error={error} />
    </div>
  )
}

export function Warnings({
  warnings,
}: {
  readonly warnings: readonly Requirement[]
}): ReactElement | null {
  if (warnings.length === 0) return <Notice kind="ok">The database has all that is needed.</Notice>
  return (
    <ul className="stack tight" aria-label="What will not work">
      {warnings.map(({ level, message, remedy }) => (
        <li key={message}>
          <Notice kind={level === 'missing' ? 'danger' : 'warn'}>
            <div>{message}</div>
            <div className="muted">{remedy}</div>
          </Notice>
        </li>
      ))}
    </ul>
  )
}
