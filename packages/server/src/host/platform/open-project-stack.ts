/** All of one project: its databases, its services, what works behind them, and what is measured of it. */
import { createJobCounts } from '#services/extensions'
import type { ExtensionsWorker } from '#services/extensions'
import { sweepAuth } from '#services/auth'
import { createStats, keepPartitions } from '#services/realtime'
import type { PartitionKeeper } from '#services/realtime'
import type { ProjectRuntime } from '#host/gateway'
import type { Bus } from '#base/bus'
import type { Repeated, RunningProject } from '#base/service'
import type { ProjectKeys } from '#base/token'
import { openDatabases } from './open-databases.ts'
import type { Databases } from './open-databases.ts'
import { openJobs } from './open-jobs.ts'
import { openProjectServices } from './open-project-services.ts'
import type { ProjectServices } from './open-project-services.ts'
import type { ProjectOptions } from './project-options.ts'
import { keyExpiry, readState } from './read-state.ts'
import { keysAtStart } from './stored-settings.ts'

/** Of channels that are told about. */
const maxTopics = 200

export interface ProjectStack {
  readonly runtime: ProjectRuntime
  readonly running: RunningProject
  keys(): ProjectKeys
  /** WebSockets that are open, mails that are on their way. */
  isBusy(): boolean
  /** Whether there are jobs or requests of its own SQL, that nobody would see to once it is closed. */
  hasJobs(): Promise<boolean>
  /** When nothing is asked of it any more. */
  close(): Promise<void>
}

/** Prepares the database and opens the services. Rejects with the reason; nothing is left open. */
export async function openProjectStack(options: ProjectOptions): Promise<ProjectStack> {
  const { ref, externalUrl, log, clock, metrics } = options
  const realtimeStats = createStats()
  const jobCounts = createJobCounts()
  const stored = { in: 0, out: 0 }
  const cached = { hit: 0, miss: 0, bypass: 0, bytes: 0 }
  let databases: Databases | null = null
  let bus: Bus | null = null
  let services: ProjectServices | null = null
  let worker: ExtensionsWorker | null = null
  let partitions: PartitionKeeper | null = null
  let sweeper: Repeated | null = null
  const unwatch: (() => void)[] = []
  async function close(): Promise<void> {
    for (const stop of unwatch) stop()
    await worker?.close()
    await partitions?.close()
    await sweeper?.close()
    await services?.close()
    await databases?.close()
    await bus?.close()
  }
  try {
    databases = await openDatabases(options, keysAtStart(options, externalUrl).jwtSecret)
    bus = await options.busOf(databases.db)
    const counted = { ...options, bus, stored, cached }
    services = await openProjectServices(counted, databases, realtimeStats)
    worker =
      options.runsJobs === false ? null : await openJobs(options, externalUrl, databases, jobCounts)
    partitions = await keepPartitions({ connection: databases.realtime, clock, log })
    const opened = services
    const { mailQueue, runtime } = opened
    sweeper = sweepAuth(databases.of('supabase_auth_admin'), () => runtime.project.config, log)
    unwatch.push(metrics.watchRequests(ref))
    const { replicas } = databases
    await replicas?.shareOver(bus)
    if (replicas !== null) unwatch.push(metrics.watchReplicas(ref, replicas))
    for (const [name, db] of databases.pools()) unwatch.push(metrics.watchPool(ref, name, db))
    unwatch.push(metrics.watchRealtime(ref, realtimeStats))
    unwatch.push(metrics.watchApiKeys(ref, opened.apiKeys.stats))
    if (options.functions !== undefined)
      unwatch.push(metrics.watchFunctions(ref, options.functions.stats))
    unwatch.push(metrics.watchMail(ref, () => mailQueue.stats()))
    if (options.config['basalt.cache.enabled']) unwatch.push(metrics.watchCache(ref, cached))
    const jobs = worker
    const { db } = databases
    unwatch.push(
      metrics.watchJobs(ref, jobCounts),
      metrics.watchStorage(ref, stored),
      metrics.watchKeys(ref, () => keyExpiry(opened.keys())),
      metrics.watchState(ref, () => readState(db, jobs)),
    )
    const pools = databases.pools()
    return {
      runtime,
      running: {
        get watcher() {
          return runtime.watcher
        },
        set watcher(watcher) {
          runtime.watcher = watcher
        },
        pools: () => pools.map(([name, db]) => ({ name, ...db.stats() })),
        sockets: () => realtimeStats.connections,
        realtime: () => ({ ...realtimeStats, topics: realtimeStats.topics(maxTopics) }),
      },
      keys: () => opened.keys(),
      isBusy: () => realtimeStats.connections > 0 || mailQueue.stats().waiting > 0,
      hasJobs: async () => (await jobs?.hasWork()) ?? false,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
