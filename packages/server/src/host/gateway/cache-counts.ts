/** What became of requests whose answers may be kept; read by Prometheus. */
import type { Registry } from 'prom-client'
import { register } from './register-metric.ts'

export interface CacheCounts {
  /** Answered from what was kept. */
  readonly hit: number
  readonly miss: number
  /** Not kept for others, though under a name that is. */
  readonly bypass: number
  /** Of what is kept now. */
  readonly bytes: number
}

interface Watched {
  readonly project: string
  readonly counts: CacheCounts
}

export function registerCache(registry: Registry, watched: ReadonlySet<Watched>): void {
  register(registry, {
    name: 'cache_requests_total',
    help: 'Reads of routes that are cached: hit, miss, or bypass (asked of the database for one request alone)',
    type: 'counter',
    values: () =>
      [...watched].flatMap(({ project, counts }) =>
        (['hit', 'miss', 'bypass'] as const).map((result) => ({
          labels: { project, result },
          value: counts[result],
        })),
      ),
  })
  register(registry, {
    name: 'cache_bytes',
    help: 'Bytes of answers that are kept in memory',
    type: 'gauge',
    values: () =>
      [...watched].map(({ project, counts }) => ({ labels: { project }, value: counts.bytes })),
  })
}
