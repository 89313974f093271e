/** How functions were called, read by Prometheus. */
import type { Registry } from 'prom-client'
import { register } from './register-metric.ts'
import type { Sample } from './register-metric.ts'

/** Of one function: counts by outcome, and by the first of `bounds` (ms) a call does not pass; the last are those that pass all. */
export interface CallCounts {
  readonly outcomes: ReadonlyMap<string, number>
  readonly buckets: readonly number[]
  readonly sumMs: number
}

export interface FunctionCounts {
  readonly bounds: readonly number[]
  entries(): Iterable<readonly [name: string, counts: CallCounts]>
  workers(): number
}

interface Watched {
  readonly project: string
  readonly counts: FunctionCounts
}

export function registerFunctions(registry: Registry, watched: ReadonlySet<Watched>): void {
  const each =
    (
      samples: (
        project: string,
        name: string,
        counts: CallCounts,
        bounds: readonly number[],
      ) => Sample[],
    ) =>
    (): Sample[] =>
      [...watched].flatMap(({ project, counts }) =>
        [...counts.entries()].flatMap(([name, calls]) =>
          samples(project, name, calls, counts.bounds),
        ),
      )
  register(registry, {
    name: 'function_invocations_total',
    help: 'Calls of functions, by how they ended',
    type: 'counter',
    values: each((project, name, { outcomes }) =>
      [...outcomes].map(([outcome, value]) => ({
        labels: { project, function: name, outcome },
        value,
      })),
    ),
  })
  register(registry, {
    name: 'function_duration_seconds',
    help: 'Time from a call to the head of its answer',
    type: 'histogram',
    values: each(histogramOf),
  })
  register(registry, {
    name: 'function_workers_active',
    help: 'Processes that run functions',
    type: 'gauge',
    values: () =>
      [...watched].map(({ project, counts }) => ({ labels: { project }, value: counts.workers() })),
  })
}

function histogramOf(
  project: string,
  name: string,
  { buckets, sumMs }: CallCounts,
  bounds: readonly number[],
): Sample[] {
  const labels = { project, function: name }
  const metric = 'function_duration_seconds'
  let below = 0
  const cumulated = buckets.map((count, at): Sample => {
    below += count
    const bound = bounds[at]
    const le = bound === undefined ? '+Inf' : bound / 1000
    return { metricName: `${metric}_bucket`, labels: { ...labels, le }, value: below }
  })
  return [
    ...cumulated,
    { metricName: `${metric}_sum`, labels, value: sumMs / 1000 },
    { metricName: `${metric}_count`, labels, value: below },
  ]
}
