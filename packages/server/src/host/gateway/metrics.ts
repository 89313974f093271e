/** Prometheus metrics of the gateway and the database pools (names: architecture section 7). */
import { AggregatorRegistry, Gauge, Registry, collectDefaultMetrics } from 'prom-client'
import type { Database } from '#base/db'
import { registerCache } from './cache-counts.ts'
import type { CacheCounts } from './cache-counts.ts'
import { registerFunctions } from './function-counts.ts'
import type { FunctionCounts } from './function-counts.ts'
import { registerJobs, registerStorage } from './job-counts.ts'
import type { JobCounts, StorageCounts } from './job-counts.ts'
import { registerNode } from './node-metrics.ts'
import type { Expiry } from './node-metrics.ts'
import { ProjectStates } from './project-states.ts'
import type { ReadState } from './project-states.ts'
import { registerReplicas } from './replica-counts.ts'
import type { ReplicaCounts } from './replica-counts.ts'
import { register } from './register-metric.ts'
import { RequestCounts } from './request-counts.ts'
import type { ObservedRequest } from './request-counts.ts'

export interface Metrics {
  /** One request answered; `route` is the service's prefix. */
  observeRequest(request: ObservedRequest): void
  // what is watched is reported at each scrape, until what comes back is called
  /** Requests are counted under `project`, and forgotten with it. */
  watchRequests(project: string): () => void
  /** A pool's connections, under `project` and `pool`. */
  watchPool(project: string, pool: string, db: Database): () => void
  /** Which of its databases answer reads, and how far replicas are behind. */
  watchReplicas(project: string, counts: ReplicaCounts): () => void
  /** Mails on their way out. */
  watchMail(project: string, stats: () => MailCounts): () => void
  /** Realtime's connections and changes. */
  watchRealtime(project: string, stats: RealtimeCounts): () => void
  /** Calls of functions. */
  watchFunctions(project: string, counts: FunctionCounts): () => void
  /** What customers' keys were used for. */
  watchApiKeys(project: string, counts: ApiKeyCounts): () => void
  /** One that is read at each scrape; null: it is not there now. */
  addGauge(gauge: ExtraGauge): void
  /** Requests and jobs of its SQL. */
  watchJobs(project: string, counts: JobCounts): () => void
  /** Answers that were kept. */
  watchCache(project: string, counts: CacheCounts): () => void
  /** Bytes of objects. */
  watchStorage(project: string, counts: StorageCounts): () => void
  /** What its database has to say. */
  watchState(project: string, read: ReadState): () => void
  /** When its API keys end, Unix seconds by name. */
  watchKeys(project: string, expiry: () => Readonly<Record<string, number>>): () => void
  /** Text exposition format. */
  render(): Promise<string>
  /** For `renderTogether`, in another process. */
  snapshot(): Promise<MetricsSnapshot>
}

export interface ExtraGauge {
  readonly name: string
  readonly help: string
  readonly read: () => number | null
}

/** What a process has counted, as plain data. */
export type MetricsSnapshot = object

/** The counts of several processes as those of one, in text exposition format. */
export function renderTogether(snapshots: readonly MetricsSnapshot[]): Promise<string> {
  return AggregatorRegistry.aggregate([...snapshots]).metrics()
}

export interface MailCounts {
  readonly waiting: number
  readonly sent: number
  readonly failed: number
}

export interface ApiKeyCounts {
  readonly refused: number
  readonly usage: { readonly written: number; readonly dropped: number; readonly failed: number }
}

export interface RealtimeCounts {
  readonly connections: number
  readonly dropped: number
  readonly channels: number
  readonly changesSent: number
  readonly broadcastsSent: number
  readonly lagBytes: number
}

/** `certificates`: when those that are served with end. */
export function createMetrics(certificates: Expiry = () => []): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  registerNode(registry, certificates)
  const requests = new RequestCounts()
  requests.registerWith(registry)
  const pools = new Set<WatchedPool>()
  registerPools(registry, pools)
  const mails = watch(registry, mailGauges)
  const realtimes = watch(registry, realtimeGauges)
  const apiKeys = watch(registry, apiKeyGauges)
  const replicas = new Set<{ project: string; counts: ReplicaCounts }>()
  registerReplicas(registry, replicas)
  const functions = new Set<{ project: string; counts: FunctionCounts }>()
  registerFunctions(registry, functions)
  const jobs = new Set<{ project: string; counts: JobCounts }>()
  registerJobs(registry, jobs)
  const stored = new Set<{ project: string; counts: StorageCounts }>()
  registerStorage(registry, stored)
  const cached = new Set<{ project: string; counts: CacheCounts }>()
  registerCache(registry, cached)
  const keys = new Set<WatchedKeys>()
  registerKeys(registry, keys)
  const states = new ProjectStates()
  states.registerWith(registry)
  return {
    watchJobs: (project, counts) => keep(jobs, { project, counts }),
    watchCache: (project, counts) => keep(cached, { project, counts }),
    watchStorage: (project, counts) => keep(stored, { project, counts }),
    watchState: (project, read) => states.watch(project, read),
    watchKeys: (project, expiry) => keep(keys, { project, expiry }),
    watchFunctions: (project, counts) => keep(functions, { project, counts }),
    watchReplicas: (project, counts) => keep(replicas, { project, counts }),
    observeRequest: (request) => requests.observe(request),
    watchRequests: (project) => requests.watch(project),
    watchPool: (project, pool, db) => keep(pools, { project, pool, db }),
    watchMail: (project, stats) => keep(mails, { project, counts: stats }),
    watchApiKeys: (project, stats) => keep(apiKeys, { project, counts: () => stats }),
    watchRealtime: (project, stats) => keep(realtimes, { project, counts: () => stats }),
    addGauge: ({ name, help, read }) =>
      register(registry, {
        name,
        help,
        type: 'gauge',
        values: () => {
          const value = read()
          return value === null ? [] : [{ labels: {}, value }]
        },
      }),
    render: () => states.refresh().then(() => registry.metrics()),
    snapshot: () => states.refresh().then(() => registry.getMetricsAsJSON()),
  }
}

interface WatchedKeys {
  readonly project: string
  readonly expiry: () => Readonly<Record<string, number>>
}

function registerKeys(registry: Registry, keys: ReadonlySet<WatchedKeys>): void {
  register(registry, {
    name: 'api_key_expiry_timestamp_seconds',
    help: 'When an API key of the project ends',
    type: 'gauge',
    aggregator: 'min',
    values: () =>
      [...keys].flatMap(({ project, expiry }) =>
        Object.entries(expiry()).map(([key, value]) => ({ labels: { project, key }, value })),
      ),
  })
}

interface WatchedPool {
  readonly project: string
  readonly pool: string
  readonly db: Database
}

function registerPools(registry: Registry, pools: ReadonlySet<WatchedPool>): void {
  const add = (
    name: string,
    help: string,
    pick: (stats: ReturnType<Database['stats']>) => number,
  ): void =>
    register(registry, {
      name,
      help,
      type: 'gauge',
      values: () =>
        [...pools].map(({ project, pool, db }) => ({
          labels: { project, pool },
          value: pick(db.stats()),
        })),
    })
  add('database_connections_active', 'Database connections in use', ({ active }) => active)
  add('database_connections_idle', 'Database connections at rest', ({ idle }) => idle)
  add('database_connections_max', 'Database connections allowed', ({ max }) => max)
  add(
    'database_connections_waiting',
    'Requests that wait for a database connection',
    ({ waiting }) => waiting,
  )
}

type Gauges<Counts> = readonly (readonly [
  name: string,
  help: string,
  pick: (counts: Counts) => number,
])[]

/** Failures are to be seen: a mail that was given up has nobody to tell. */
const mailGauges: Gauges<MailCounts> = [
  ['auth_mails_waiting', 'Mails waiting to be sent', ({ waiting }) => waiting],
  ['auth_mails_sent', 'Mails sent behind an answer since the start', ({ sent }) => sent],
  ['auth_mails_failed', 'Mails given up since the start', ({ failed }) => failed],
]

const apiKeyGauges: Gauges<ApiKeyCounts> = [
  [
    'api_key_requests_refused',
    "Requests with a customer's key refused since the start",
    ({ refused }) => refused,
  ],
  [
    'api_key_usage_written',
    'Rows of usage_metrics written since the start',
    ({ usage }) => usage.written,
  ],
  [
    'api_key_usage_dropped',
    'Rows of usage_metrics dropped since the start: the database was away for too long',
    ({ usage }) => usage.dropped,
  ],
  [
    'api_key_usage_failures',
    'Batches of usage_metrics tried again since the start',
    ({ usage }) => usage.failed,
  ],
]

const realtimeGauges: Gauges<RealtimeCounts> = [
  ['websocket_connections_active', 'Open WebSockets', (counts) => counts.connections],
  [
    'realtime_connections_dropped',
    'WebSockets closed since the start because they did not read',
    (counts) => counts.dropped,
  ],
  ['realtime_channels_active', 'Joined channels', (counts) => counts.channels],
  [
    'realtime_changes_sent',
    'Changes sent to channels since the start',
    (counts) => counts.changesSent,
  ],
  [
    'realtime_broadcasts_sent',
    'Broadcasts sent to channels since the start, one for each that heard them',
    (counts) => counts.broadcastsSent,
  ],
  [
    'realtime_replication_lag_bytes',
    'Log of changes that Postgres keeps for us and we have not passed on',
    (counts) => counts.lagBytes,
  ],
]

interface Watched<Counts> {
  readonly project: string
  readonly counts: () => Counts
}

/** Returns what takes it away again. */
function keep<T>(set: Set<T>, item: T): () => void {
  set.add(item)
  return () => set.delete(item)
}

/** Gauges that are read when they are asked for, of all projects that are added to the answer. */
function watch<Counts>(registry: Registry, gauges: Gauges<Counts>): Set<Watched<Counts>> {
  const watched = new Set<Watched<Counts>>()
  for (const [name, help, pick] of gauges)
    new Gauge({
      name,
      help,
      labelNames: ['project'],
      registers: [registry],
      collect() {
        // of projects that are gone
        this.reset()
        for (const { project, counts } of watched) this.set({ project }, pick(counts()))
      },
    })
  return watched
}
