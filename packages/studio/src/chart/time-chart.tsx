/** Lines over time, with their latest values, and the same as a table. */
import './chart.css'
import { useEffect, useRef, useState } from 'react'
import type { ReactElement } from 'react'
import { clockTime } from '#studio/ui'
import type { ChartSeries, Drawn } from './draw.ts'

interface TimeChartProps {
  readonly title: string
  /** Unix seconds, ascending; at least `fromSeconds`. */
  readonly times: readonly number[]
  readonly fromSeconds: number
  readonly toSeconds: number
  readonly series: readonly ChartSeries[]
  readonly format: (value: number) => string
}

export function TimeChart(props: TimeChartProps): ReactElement {
  const { title, times, series, format } = props
  const box = useRef<HTMLDivElement>(null)
  const drawn = useRef<Drawn | null>(null)
  const latest = useRef(props)
  latest.current = props
  const [at, setAt] = useState<number | null>(null)
  useEffect(() => {
    const element = box.current
    let isGone = false
    let close = (): void => {}
    void import('./draw.ts').then(({ draw }) => {
      if (isGone || element === null) return
      const begin = (): void => {
        drawn.current?.close()
        drawn.current = draw(element, latest.current, setAt)
      }
      begin()
      close = watchTheme(begin)
    })
    return () => {
      isGone = true
      close()
      drawn.current?.close()
      drawn.current = null
    }
  }, [])
  useEffect(() => drawn.current?.update(props))
  const index = at ?? times.length - 1
  const value = (one: ChartSeries): string => {
    const found = one.values[index]
    return found === null || found === undefined ? '–' : format(found)
  }
  return (
    <figure className="chart card">
      <figcaption className="chart-head">
        <h3>{title}</h3>
        <span className="muted small">{at === null ? '' : clockTime((times[at] ?? 0) * 1000)}</span>
      </figcaption>
      <ul className="chart-legend" aria-label={`${title}, ${at === null ? 'now' : 'there'}`}>
        {series.map((one) => (
          <li key={one.label}>
            <span className={`chart-mark ${one.color} ${one.dash === true ? 'dash' : ''}`} />
            <span className="muted">{one.label}</span> {value(one)}
          </li>
        ))}
      </ul>
      <div className="chart-box" ref={box} aria-hidden />
      <ChartTable {...props} />
    </figure>
  )
}

const rowsShown = 60

/** For who does not see the lines. */
function ChartTable({ title, times, series, format }: TimeChartProps): ReactElement {
  const [open, setOpen] = useState(false)
  const from = Math.max(0, times.length - rowsShown)
  return (
    <details
      className="chart-table"
      open={open}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>{title} as a table</summary>
      {open && (
        <div className="table-wrap" tabIndex={0} role="region" aria-label={`Values of ${title}`}>
          <table className="table">
            <thead>
              <tr>
                <th>Time</th>
                {series.map(({ label }) => (
                  <th key={label} className="number">
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {times
                .slice(from)
                .map((time, index) => (
                  <tr key={time}>
                    <td>{clockTime(time * 1000)}</td>
                    {series.map(({ label, values }) => {
                      const value = values[from + index]
                      return (
                        <td key={label} className="number">
                          {value === null || value === undefined ? '–' : format(value)}
                        </td>
                      )
                    })}
                  </tr>
                ))
                .toReversed()}
            </tbody>
          </table>
        </div>
      )}
    </details>
  )
}

/** A canvas has no colours of its own: it is drawn anew when they change. */
function watchTheme(onChange: () => void): () => void {
  const query = matchMedia('(prefers-color-scheme: dark)')
  const observer = new MutationObserver(onChange)
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] })
  query.addEventListener('change', onChange)
  return () => {
    observer.disconnect()
    query.removeEventListener('change', onChange)
  }
}
