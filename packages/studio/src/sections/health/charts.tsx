/** The last minutes as lines, and how it is now as numbers. */
import type { ReactElement } from 'react'
import { TimeChart } from '#studio/chart'
import {
  DataTable,
  EmptyState,
  ErrorNotice,
  Loading,
  Stat,
  bytes,
  clockTime,
  count,
  milliseconds,
} from '#studio/ui'
import { sum, useMetrics } from './health.ts'
import type { MetricStep, Metrics, Pool } from './health.ts'

export function Charts({
  projectRef,
  minutes,
}: {
  readonly projectRef: string
  readonly minutes: number
}): ReactElement {
  const metrics = useMetrics(projectRef)
  if (metrics.data === undefined)
    return metrics.error === null ? (
      <Loading rows={10} />
    ) : (
      <ErrorNotice error={metrics.error} onRetry={() => void metrics.refetch()} />
    )
  if (metrics.data.since === null)
    return (
      <EmptyState title="The project is not open on this node">
        It is counted once it is. The first request to it opens it.
      </EmptyState>
    )
  return <Lines metrics={metrics.data} minutes={minutes} />
}

const rate = (value: number): string =>
  `${value >= 10 ? count(Math.round(value)) : value.toFixed(1)}/s`
const whole = (value: number): string => (Number.isInteger(value) ? count(value) : value.toFixed(1))

function Lines({
  metrics: { step_ms: stepMs, steps: all, since },
  minutes,
}: {
  readonly metrics: Metrics
  readonly minutes: number
}): ReactElement {
  const toSeconds = Math.ceil(Date.now() / 5_000) * 5
  const fromSeconds = toSeconds - minutes * 60
  const steps = all.filter(({ at }) => new Date(at).getTime() / 1000 >= fromSeconds)
  const seconds = stepMs / 1000
  const values = (of: (step: MetricStep) => number | null) => steps.map(of)
  const frame = {
    times: steps.map(({ at }) => Math.round(new Date(at).getTime() / 1000)),
    fromSeconds,
    toSeconds,
  }
  const pools = (of: (pool: Pool) => number) => (step: MetricStep) => sum(step.pools.map(of))
  return (
    <>
      <Numbers steps={steps} stepSeconds={seconds} />
      <div className="charts">
        <TimeChart
          {...frame}
          title="Requests"
          format={rate}
          series={[
            { label: 'answered', color: 'accent', values: values(({ ok }) => ok / seconds) },
            {
              label: 'refused (4xx)',
              color: 'warn',
              dash: true,
              values: values(({ refused }) => refused / seconds),
            },
            {
              label: 'failed (5xx)',
              color: 'danger',
              values: values(({ failed }) => failed / seconds),
            },
          ]}
        />
        <TimeChart
          {...frame}
          title="Time to answer"
          format={milliseconds}
          series={[
            { label: 'p50', color: 'info', values: values(({ p50 }) => p50) },
            { label: 'p95', color: 'code-number', dash: true, values: values(({ p95 }) => p95) },
            { label: 'p99', color: 'code-keyword', values: values(({ p99 }) => p99) },
          ]}
        />
        <TimeChart
          {...frame}
          title="Connections to Postgres"
          format={whole}
          series={[
            { label: 'at work', color: 'info', values: values(pools(({ active }) => active)) },
            {
              label: 'idle',
              color: 'accent',
              dash: true,
              values: values(pools(({ idle }) => idle)),
            },
            {
              label: 'waited for',
              color: 'danger',
              values: values(pools(({ waiting }) => waiting)),
            },
          ]}
        />
        <TimeChart
          {...frame}
          title="Memory of the process"
          format={bytes}
          series={[{ label: 'resident', color: 'info', values: values(({ memory }) => memory) }]}
        />
        <TimeChart
          {...frame}
          title="Sockets"
          format={whole}
          series={[{ label: 'open', color: 'info', values: values(({ sockets }) => sockets) }]}
        />
        <TimeChart
          {...frame}
          title="Event loop"
          format={milliseconds}
          series={[
            { label: 'p99 of its turns', color: 'info', values: values((step) => step.loop_delay) },
          ]}
        />
      </div>
      <Pools pools={steps.at(-1)?.pools ?? []} />
      {since !== null && (
        <p className="muted small">
          Counted since {clockTime(since)}, on this node: from the first look on, for an hour.
        </p>
      )}
    </>
  )
}

function Numbers({
  steps,
  stepSeconds,
}: {
  readonly steps: readonly MetricStep[]
  readonly stepSeconds: number
}): ReactElement {
  const minute = steps.slice(-Math.ceil(60 / stepSeconds))
  const last = steps.at(-1)
  const total = sum(minute.map(({ ok, refused, failed }) => ok + refused + failed))
  const failed = sum(minute.map((step) => step.failed))
  const slowest = Math.max(0, ...minute.map(({ p95 }) => p95 ?? 0))
  const over = minute.length === 0 ? 1 : minute.length * stepSeconds
  return (
    <div className="health-stats">
      <Stat label="Requests, 1 minute" value={count(total)} note={rate(total / over)} />
      <Stat
        label="Failed, 1 minute"
        value={count(failed)}
        note={total === 0 ? 'of none' : `${((failed / total) * 100).toFixed(1)} %`}
      />
      <Stat
        label="p95, 1 minute"
        value={total === 0 ? '–' : milliseconds(slowest)}
        note="the worst step of it"
      />
      <Stat
        label="Memory"
        value={last === undefined ? '–' : bytes(last.memory)}
        note="of the process"
      />
      <Stat
        label="Sockets"
        value={last === undefined ? '–' : count(last.sockets)}
        note="open now"
      />
    </div>
  )
}

function Pools({ pools }: { readonly pools: readonly Pool[] }): ReactElement | null {
  if (pools.length === 0) return null
  return (
    <section className="stack tight">
      <h2>Pools</h2>
      <DataTable<Pool>
        label="Pools of connections"
        rows={pools}
        rowKey={({ name }) => name}
        columns={[
          { name: 'Login', cell: ({ name }) => <code>{name}</code>, sort: ({ name }) => name },
          { name: 'At work', align: 'number', cell: ({ active }) => count(active) },
          { name: 'Idle', align: 'number', cell: ({ idle }) => count(idle) },
          { name: 'Waited for', align: 'number', cell: ({ waiting }) => count(waiting) },
          { name: 'At most', align: 'number', cell: ({ max }) => count(max) },
        ]}
      />
    </section>
  )
}
