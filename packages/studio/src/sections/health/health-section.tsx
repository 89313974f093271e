/** Section Health: how the project does, what is slow, and what is wrong with what mends it. */
import './health.css'
import type { ReactElement } from 'react'
import { usePlace } from '#studio/place'
import { ErrorNotice, Loading, Notice, Page, Select, Tabs } from '#studio/ui'
import { Charts } from './charts.tsx'
import { Checks } from './checks.tsx'
import { useChecks } from './health.ts'
import { Statements } from './statements.tsx'

const tabs = [
  { id: 'charts', label: 'Now' },
  { id: 'statements', label: 'Slow statements' },
  { id: 'checks', label: 'Checks' },
]
const spans = [
  { value: '5', label: 'Last 5 minutes' },
  { value: '15', label: 'Last 15 minutes' },
  { value: '60', label: 'Last hour' },
]

export function HealthSection(): ReactElement {
  const { ref, search, setSearch } = usePlace()
  const tab = tabs.some(({ id }) => id === search['tab']) ? (search['tab'] ?? '') : 'charts'
  const minutes = spans.some(({ value }) => value === search['minutes'])
    ? (search['minutes'] ?? '')
    : '15'
  return (
    <Page
      title="Health"
      wide
      actions={
        tab === 'charts' && (
          <Select
            aria-label="Time"
            value={minutes}
            options={spans}
            onChange={({ target: { value } }) =>
              setSearch({ minutes: value === '15' ? null : value })
            }
          />
        )
      }
    >
      <Verdict projectRef={ref} />
      <Tabs
        label="Health"
        tabs={tabs}
        value={tab}
        onChange={(id) => setSearch({ tab: id === 'charts' ? null : id })}
      />
      {tab === 'charts' && <Charts projectRef={ref} minutes={Number(minutes)} />}
      {tab === 'statements' && <Statements projectRef={ref} />}
      {tab === 'checks' && <Checks projectRef={ref} />}
    </Page>
  )
}

/** The worst there is, in one line. */
function Verdict({ projectRef }: { readonly projectRef: string }): ReactElement {
  const checks = useChecks(projectRef)
  if (checks.error !== null) return <ErrorNotice title="Nothing is known" error={checks.error} />
  if (checks.data === undefined) return <Loading rows={1} />
  const wrong = checks.data.filter(({ level }) => level !== 'ok')
  const worst = wrong.find(({ level }) => level === 'error') ?? wrong[0]
  if (worst === undefined)
    return (
      <Notice kind="ok">
        <strong>Healthy.</strong> {checks.data[0]?.message}.
      </Notice>
    )
  return (
    <Notice kind={worst.level === 'error' ? 'danger' : 'warn'}>
      <div>
        {worst.level === 'error' ? (
          <strong>{worst.message}.</strong>
        ) : (
          <>
            <strong>Healthy.</strong> A warning: {worst.message}.
          </>
        )}
        {wrong.length > 1 && <span className="muted"> And {wrong.length - 1} more.</span>}
      </div>
      {worst.remedy !== null && <div>{worst.remedy}</div>}
    </Notice>
  )
}
