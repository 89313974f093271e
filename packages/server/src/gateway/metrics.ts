/** Prometheus metrics of the gateway and the database pools (names: architecture section 7). */
import { Gauge, Registry, collectDefaultMetrics } from 'prom-client'
import type { Database } from '#db'
import { RequestCounts } from './request-counts.ts'
import type { ObservedRequest } from './request-counts.ts'

export interface Metrics {
  /** One request answered; `route` is the service's prefix. */
  observeRequest(request: ObservedRequest): void
  /** Reports a pool's connections under `project` and `pool` at each scrape. */
  watchPool(project: string, pool: string, db: Database): void
  /** Text exposition format. */
  render(): Promise<string>
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const requests = new RequestCounts()
  requests.registerWith(registry)
  const pools: { project: string; pool: string; db: Database }[] = []
  const eachPool = (gauge: Gauge, pick: (stats: ReturnType<Database['stats']>) => number): void => {
    for (const { project, pool, db } of pools) gauge.set({ project, pool }, pick(db.stats()))
  }
  const labelNames = ['project', 'pool']
  new Gauge({
    name: 'database_connections_active',
    help: 'Database connections in use',
    labelNames,
    registers: [registry],
    collect() {
      eachPool(this, (stats) => stats.active)
    },
  })
  new Gauge({
    name: 'database_connections_max',
    help: 'Database connections allowed',
    labelNames,
    registers: [registry],
    collect() {
      eachPool(this, (stats) => stats.max)
    },
  })
  return {
    observeRequest: (request) => requests.observe(request),
    watchPool: (project, pool, db) => void pools.push({ project, pool, db }),
    render: () => registry.metrics(),
  }
}
