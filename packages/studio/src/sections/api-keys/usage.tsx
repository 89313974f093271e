/** What was asked with keys lately, and what went over a limit. */
import type { ReactElement } from 'react'
import { useProject } from '#studio/api'
import { TimeChart } from '#studio/chart'
import { usePlace } from '#studio/place'
import { ErrorNotice, Loading, Segments, milliseconds } from '#studio/ui'
import type { CustomerKey } from './keys.ts'

interface UsageSteps {
  readonly step_seconds: number
  readonly steps: readonly {
    readonly at: string
    readonly answered: number
    readonly refused: number
    readonly tokens: number
    readonly ms: number
  }[]
}

interface Refusals {
  readonly requests: readonly { readonly at: string }[]
}

const spans = [
  { value: '15', label: '15 minutes' },
  { value: '1440', label: 'Day' },
  { value: '43200', label: '30 days' },
]

export function Usage({
  projectRef,
  ofKey,
}: {
  readonly projectRef: string
  /** Null: of all of them. */
  readonly ofKey: CustomerKey | null
}): ReactElement {
  const { search, setSearch } = usePlace()
  const minutes = spans.some(({ value }) => value === search['minutes'])
    ? (search['minutes'] ?? '15')
    : '15'
  const usage = useProject<UsageSteps>(projectRef, 'api-keys/usage', {
    query: { minutes, key_id: ofKey?.id },
    everyMs: 2_000,
  })
  // what is over a limit leaves no row of usage: the log of requests has it, while it is kept
  const refusals = useProject<Refusals>(projectRef, 'logs', {
    query: { status: '429', limit: 1000, user_id: ofKey?.user_id },
    everyMs: 2_000,
  })
  if (usage.data === undefined)
    return usage.error === null ? (
      <Loading rows={4} />
    ) : (
      <ErrorNotice error={usage.error} onRetry={() => void usage.refetch()} />
    )
  return (
    <section className="stack tight">
      <div className="row wrap">
        <h2>Usage</h2>
        <span className="spacer" />
        <Segments
          label="Time"
          value={minutes}
          options={spans}
          onChange={(value) => setSearch({ minutes: value === '15' ? null : value })}
        />
      </div>
      <Lines
        usage={usage.data}
        minutes={Number(minutes)}
        refusedAt={refusals.data?.requests.map(({ at }) => Date.parse(at) / 1000) ?? []}
      />
      <p className="muted small">
        Over a limit: {ofKey === null ? 'of the project' : 'of its user'}, as far as requests are
        kept here. The rest is of the table usage_metrics, within a second.
      </p>
    </section>
  )
}

const whole = (value: number): string => (Number.isInteger(value) ? String(value) : '')

function Lines({
  usage: { step_seconds: step, steps },
  minutes,
  refusedAt,
}: {
  readonly usage: UsageSteps
  readonly minutes: number
  readonly refusedAt: readonly number[]
}): ReactElement {
  const toSeconds = (Math.floor(Date.now() / 1000 / step) + 1) * step
  const fromSeconds = toSeconds - minutes * 60
  const times = Array.from({ length: Math.floor((minutes * 60) / step) }, (_, index) => {
    return fromSeconds + index * step
  })
  const byTime = new Map(steps.map((one) => [Math.round(Date.parse(one.at) / 1000), one]))
  const values = (of: (one: UsageSteps['steps'][number]) => number) =>
    times.map((time) => {
      const one = byTime.get(time)
      return one === undefined ? 0 : of(one)
    })
  const over = new Map<number, number>()
  for (const at of refusedAt) {
    const time = Math.floor(at / step) * step
    over.set(time, (over.get(time) ?? 0) + 1)
  }
  const frame = { times, fromSeconds, toSeconds }
  return (
    <div className="charts">
      <TimeChart
        {...frame}
        title="Requests with keys"
        format={whole}
        series={[
          { label: 'answered', color: 'accent', values: values(({ answered }) => answered) },
          { label: 'refused', color: 'warn', dash: true, values: values((one) => one.refused) },
          {
            label: 'over a limit (429)',
            color: 'danger',
            values: times.map((time) => over.get(time) ?? 0),
          },
        ]}
      />
      <TimeChart
        {...frame}
        title="Time to answer"
        format={milliseconds}
        series={[
          {
            label: 'on average',
            color: 'info',
            values: times.map((time) => byTime.get(time)?.ms ?? null),
          },
        ]}
      />
    </div>
  )
}
