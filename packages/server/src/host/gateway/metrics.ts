/** Prometheus metrics of the gateway and the database pools (names: architecture section 7). */
import { Gauge, Registry, collectDefaultMetrics } from 'prom-client'
import type { Database } from '#base/db'
import { RequestCounts } from './request-counts.ts'
import type { ObservedRequest } from './request-counts.ts'

export interface Metrics {
  /** One request answered; `route` is the service's prefix. */
  observeRequest(request: ObservedRequest): void
  /** Reports a pool's connections under `project` and `pool` at each scrape. */
  watchPool(project: string, pool: string, db: Database): void
  /** Reports mails on their way out, at each scrape. */
  watchMail(project: string, stats: () => MailCounts): void
  /** Text exposition format. */
  render(): Promise<string>
}

export interface MailCounts {
  readonly waiting: number
  readonly sent: number
  readonly failed: number
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
  const mails = watchMails(registry)
  return {
    observeRequest: (request) => requests.observe(request),
    watchPool: (project, pool, db) => void pools.push({ project, pool, db }),
    watchMail: (project, stats) => void mails.push({ project, stats }),
    render: () => registry.metrics(),
  }
}

interface WatchedMail {
  readonly project: string
  readonly stats: () => MailCounts
}

/** Failures are to be seen: a mail that was given up has nobody to tell. */
function watchMails(registry: Registry): WatchedMail[] {
  const watched: WatchedMail[] = []
  const gauge = (name: string, help: string, pick: (counts: MailCounts) => number): Gauge =>
    new Gauge({
      name,
      help,
      labelNames: ['project'],
      registers: [registry],
      collect() {
        for (const { project, stats } of watched) this.set({ project }, pick(stats()))
      },
    })
  gauge('auth_mails_waiting', 'Mails waiting to be sent', ({ waiting }) => waiting)
  gauge('auth_mails_sent', 'Mails sent behind an answer since the start', ({ sent }) => sent)
  gauge('auth_mails_failed', 'Mails given up since the start', ({ failed }) => failed)
  return watched
}
