/** What a function says, as it says it, and how its calls end. */
import { useEffect, useMemo, useState } from 'react'
import type { ReactElement } from 'react'
import { call, projectPath } from '#studio/api'
import { TimeChart } from '#studio/chart'
import { Link, hrefOf, usePlace } from '#studio/place'
import {
  Check,
  EmptyState,
  ErrorNotice,
  Loading,
  SearchField,
  Select,
  clockTime,
  milliseconds,
  plural,
} from '#studio/ui'

interface LogEntry {
  readonly id: number
  readonly time: string
  readonly version: string
  readonly request_id: string | null
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly kind: 'console' | 'call' | 'worker'
  readonly message: string
  readonly status?: number
  readonly duration_ms?: number
}

const maxEntries = 5_000
const everyMs = 700
const levels = [
  { value: '', label: 'Any level' },
  { value: 'info', label: 'info and graver' },
  { value: 'warn', label: 'warn and graver' },
  { value: 'error', label: 'error' },
]
const order = ['debug', 'info', 'warn', 'error']

interface Followed {
  readonly entries: readonly LogEntry[] | null
  readonly error: unknown
}

/** The newest last; asked for again and again while it is looked at. */
function useEntries(ref: string, slug: string): Followed {
  const [state, setState] = useState<Followed>({ entries: null, error: null })
  useEffect(() => {
    let last = 0
    let isGone = false
    let timer = 0
    const look = async (): Promise<void> => {
      try {
        const query = last === 0 ? { limit: 1000 } : { after: last, limit: 1000 }
        const path = projectPath(ref, `functions/${slug}/logs`)
        const fresh = await call<readonly LogEntry[]>('GET', path, { query })
        last = fresh.at(-1)?.id ?? last
        if (!isGone)
          setState((now) =>
            now.entries !== null && fresh.length === 0 && now.error === null
              ? now
              : { entries: [...(now.entries ?? []), ...fresh].slice(-maxEntries), error: null },
          )
      } catch (error) {
        if (!isGone) setState((now) => ({ ...now, error }))
      }
      if (!isGone) timer = window.setTimeout(() => void look(), everyMs)
    }
    void look()
    return () => {
      isGone = true
      clearTimeout(timer)
    }
  }, [ref, slug])
  return state
}

export function FunctionLogs({
  projectRef,
  slug,
}: {
  readonly projectRef: string
  readonly slug: string
}): ReactElement {
  const { search, setSearch } = usePlace()
  const { entries, error } = useEntries(projectRef, slug)
  const [text, setText] = useState(search['text'] ?? '')
  const level = search['level'] ?? ''
  const isCallsHidden = search['calls'] === 'no'
  const shown = useMemo(
    () =>
      (entries ?? [])
        .filter(
          (entry) =>
            order.indexOf(entry.level) >= order.indexOf(level === '' ? 'debug' : level) &&
            (!isCallsHidden || entry.kind === 'console') &&
            entry.message.includes(text),
        )
        .slice(-500)
        .toReversed(),
    [entries, level, isCallsHidden, text],
  )
  if (entries === null)
    return error === null ? <Loading /> : <ErrorNotice title="No logs" error={error} />
  return (
    <>
      <Calls entries={entries} />
      <div className="row wrap">
        <div className="function-search">
          <SearchField
            label="Search logs"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </div>
        <Select
          aria-label="Level"
          className="function-level"
          value={level}
          options={levels}
          onChange={(event) => setSearch({ level: event.target.value || null })}
        />
        <Check
          label="Only what it wrote"
          checked={isCallsHidden}
          onChange={(event) => setSearch({ calls: event.target.checked ? 'no' : null })}
        />
      </div>
      {error !== null && <ErrorNotice title="The logs could not be read" error={error} />}
      {shown.length === 0 ? (
        <EmptyState title="Nothing yet" command={`basalt functions logs ${slug} -f`}>
          What it writes with console.log, and each call, appears here by itself.
        </EmptyState>
      ) : (
        <ol className="function-log" aria-label="Log, the newest first" tabIndex={0}>
          {shown.map((entry) => (
            <Line key={entry.id} projectRef={projectRef} entry={entry} />
          ))}
        </ol>
      )}
      <p className="muted small" role="status">
        {plural(shown.length, 'line')} of the latest that this node keeps.
      </p>
    </>
  )
}

function Line({
  projectRef,
  entry: { time, level, kind, message, status, duration_ms: ms, request_id: id },
}: {
  readonly projectRef: string
  readonly entry: LogEntry
}): ReactElement {
  return (
    <li className={`function-line ${level}`}>
      <time dateTime={time} title={time}>
        {clockTime(time).slice(11)}
      </time>
      <span className="function-level-name">{kind === 'console' ? level : kind}</span>
      <span className="function-text">
        {message}
        {status !== undefined && !message.includes(String(status)) && ` ${status}`}
        {ms !== undefined && !message.includes(' ms') && ` ${milliseconds(ms)}`}
      </span>
      {id === null ? (
        <span />
      ) : (
        <Link
          className="muted"
          title="The request"
          href={hrefOf({ ref: projectRef, section: 'logs', path: [id] })}
        >
          {id.slice(0, 8)}
        </Link>
      )}
    </li>
  )
}

const minutes = 15
const stepSeconds = 15

/** Counted from the lines that end a call. */
function Calls({ entries }: { readonly entries: readonly LogEntry[] }): ReactElement {
  const toSeconds = Math.ceil(Date.now() / 1000 / stepSeconds) * stepSeconds
  const fromSeconds = toSeconds - minutes * 60
  const times = Array.from({ length: (minutes * 60) / stepSeconds }, (_, index) => {
    return fromSeconds + (index + 1) * stepSeconds
  })
  const ended = entries.filter(({ kind }) => kind === 'call')
  const within = (until: number) =>
    ended.filter(({ time }) => {
      const at = Date.parse(time) / 1000
      return at <= until && at > until - stepSeconds
    })
  const steps = times.map(within)
  const isFailed = ({ status }: LogEntry): boolean => (status ?? 500) >= 400
  const middle = (step: readonly LogEntry[]): number | null => {
    const sorted = step.map(({ duration_ms: ms }) => ms ?? 0).toSorted((a, b) => a - b)
    return sorted[Math.floor(sorted.length / 2)] ?? null
  }
  // between them there is nothing to mark on the axis
  const whole = (value: number): string => (Number.isInteger(value) ? String(value) : '')
  const frame = { times, fromSeconds, toSeconds }
  return (
    <div className="charts">
      <TimeChart
        {...frame}
        title="Calls, each 15 seconds"
        format={whole}
        series={[
          {
            label: 'answered',
            color: 'accent',
            values: steps.map((step) => step.filter((entry) => !isFailed(entry)).length),
          },
          {
            label: 'refused or failed',
            color: 'danger',
            dash: true,
            values: steps.map((step) => step.filter(isFailed).length),
          },
        ]}
      />
      <TimeChart
        {...frame}
        title="Time to answer"
        format={milliseconds}
        series={[{ label: 'median', color: 'info', values: steps.map(middle) }]}
      />
    </div>
  )
}
