/** What became of requests and jobs of a project's SQL, and of its objects' bytes; read by Prometheus. */
import type { Registry } from 'prom-client'
import { register } from './register-metric.ts'
import type { Sample } from './register-metric.ts'

/** By how they ended. */
type Outcomes = Readonly<Record<string, number>>

export interface JobCounts {
  /** Requests of pg_net. */
  readonly net: Outcomes
  /** Runs of pg_cron. */
  readonly cron: Outcomes
}

export interface StorageCounts {
  /** Bytes of objects that came. */
  readonly in: number
  readonly out: number
}

interface Watched<Counts> {
  readonly project: string
  readonly counts: Counts
}

export function registerJobs(registry: Registry, watched: ReadonlySet<Watched<JobCounts>>): void {
  const add = (name: string, help: string, pick: (counts: JobCounts) => Outcomes): void =>
    register(registry, {
      name,
      help,
      type: 'counter',
      values: () =>
        [...watched].flatMap(({ project, counts }) =>
          Object.entries(pick(counts)).map(([outcome, value]): Sample => ({
            labels: { project, outcome },
            value,
          })),
        ),
    })
  add('net_requests_total', 'Requests of pg_net, by how they ended', ({ net }) => net)
  add('cron_runs_total', 'Runs of jobs of pg_cron, by how they ended', ({ cron }) => cron)
}

export function registerStorage(
  registry: Registry,
  watched: ReadonlySet<Watched<StorageCounts>>,
): void {
  register(registry, {
    name: 'storage_bytes_total',
    help: 'Bytes of objects that came (in), and that were given out (out)',
    type: 'counter',
    values: () =>
      [...watched].flatMap(({ project, counts }) => [
        { labels: { project, direction: 'in' }, value: counts.in },
        { labels: { project, direction: 'out' }, value: counts.out },
      ]),
  })
}
