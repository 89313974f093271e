/** Who answers reads: the primary or a replica, and how the replicas are. */
import { Gauge } from 'prom-client'
import type { Registry } from 'prom-client'

export interface ReplicaCounts {
  /** Reads for replicas that the primary answered. */
  readonly primaryReads: number
  /** …because a replica could not. */
  readonly retriedReads: number
  readonly replicas: readonly {
    readonly name: string
    readonly reads: number
    readonly isUp: boolean
    /** Null: not known, or more than anybody remembers. */
    readonly lagMs: number | null
  }[]
}

type Collect = (gauge: Gauge, project: string, counts: ReplicaCounts) => void

export function registerReplicas(
  registry: Registry,
  watched: ReadonlySet<{ readonly project: string; readonly counts: ReplicaCounts }>,
): void {
  const add = (name: string, help: string, collect: Collect): void => {
    new Gauge({
      name,
      help,
      labelNames: ['project', 'pool'],
      registers: [registry],
      collect() {
        // of projects that are gone
        this.reset()
        for (const { project, counts } of watched) collect(this, project, counts)
      },
    })
  }
  add('database_reads', 'Reads answered since the start', (gauge, project, counts) => {
    gauge.set({ project, pool: 'api' }, counts.primaryReads)
    for (const { name, reads } of counts.replicas) gauge.set({ project, pool: poolOf(name) }, reads)
  })
  const retried = 'Reads since the start that a replica could not answer'
  add('database_reads_retried', retried, (gauge, project, { retriedReads }) =>
    gauge.set({ project, pool: 'api' }, retriedReads),
  )
  add('database_replica_up', '1 while a replica is used', (gauge, project, { replicas }) => {
    for (const { name, isUp } of replicas) gauge.set({ project, pool: poolOf(name) }, isUp ? 1 : 0)
  })
  const lag = 'How far a replica is behind'
  add('database_replica_lag_seconds', lag, (gauge, project, { replicas }) => {
    for (const { name, lagMs } of replicas)
      if (lagMs !== null) gauge.set({ project, pool: poolOf(name) }, lagMs / 1000)
  })
}

function poolOf(name: string): string {
  return `replica-${name}`
}
