/** What only a project's database can tell: asked for when metrics are, not more often than it is worth, and never waited for long. */
import type { Registry } from 'prom-client'
import { register } from './register-metric.ts'
import type { Sample } from './register-metric.ts'

export interface ProjectState {
  /** Replication slots of its database. */
  readonly slots: readonly {
    readonly name: string
    readonly retainedBytes: number
    /** At which Postgres gives the slot up; null: never. */
    readonly limitBytes: number | null
    readonly isActive: boolean
  }[]
  /** Requests in pg_net's queue; null without it. */
  readonly netWaiting: number | null
  /** Active jobs of pg_cron; null without it. */
  readonly cronJobs: number | null
}

export type ReadState = () => Promise<ProjectState>

const freshMs = 10_000
/** A scrape waits no longer: then it shows what was found before. */
const patienceMs = 1_000
/** Asked at a time, of all projects of a node. */
const atOnce = 8

interface Watched {
  readonly project: string
  readonly read: ReadState
  state: ProjectState | null
  isUp: boolean
}

export class ProjectStates {
  readonly #watched = new Set<Watched>()
  #readAtMs = -Infinity
  #reading: Promise<void> | null = null

  watch(project: string, read: ReadState): () => void {
    const watched: Watched = { project, read, state: null, isUp: true }
    this.#watched.add(watched)
    this.#readAtMs = -Infinity
    return () => this.#watched.delete(watched)
  }

  async refresh(): Promise<void> {
    if (performance.now() - this.#readAtMs < freshMs) return
    this.#reading ??= this.#readAll().finally(() => (this.#reading = null))
    let timer: NodeJS.Timeout | undefined
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patienceMs)
    })
    await Promise.race([this.#reading, enough])
    clearTimeout(timer)
  }

  async #readAll(): Promise<void> {
    this.#readAtMs = performance.now()
    const waiting = [...this.#watched]
    const work = async (): Promise<void> => {
      for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) await readOne(one)
    }
    await Promise.all(Array.from({ length: atOnce }, work))
  }

  registerWith(registry: Registry): void {
    const add = (name: string, help: string, samples: (one: Watched) => Sample[]): void =>
      register(registry, {
        name,
        help,
        type: 'gauge',
        // each process of a node asks the same database
        aggregator: 'max',
        values: () => [...this.#watched].flatMap(samples),
      })
    const bySlot =
      (pick: (slot: ProjectState['slots'][number]) => number | null) =>
      ({ project, state }: Watched): Sample[] =>
        (state?.slots ?? []).flatMap((slot) => {
          const value = pick(slot)
          return value === null ? [] : [{ labels: { project, slot: slot.name }, value }]
        })
    const ofProject =
      (pick: (state: ProjectState) => number | null) =>
      ({ project, state }: Watched): Sample[] => {
        const value = state === null ? null : pick(state)
        return value === null ? [] : [{ labels: { project }, value }]
      }
    add('database_up', '1 while the database answers', ({ project, isUp }) => [
      { labels: { project }, value: isUp ? 1 : 0 },
    ])
    add(
      'database_slot_retained_bytes',
      'Log that Postgres keeps for a replication slot',
      bySlot(({ retainedBytes }) => retainedBytes),
    )
    add(
      'database_slot_limit_bytes',
      'At which Postgres gives the slot up (max_slot_wal_keep_size)',
      bySlot(({ limitBytes }) => limitBytes),
    )
    add(
      'database_slot_active',
      '1 while somebody reads the slot',
      bySlot(({ isActive }) => (isActive ? 1 : 0)),
    )
    add(
      'net_requests_waiting',
      "Requests in pg_net's queue, at most 100,000",
      ofProject(({ netWaiting }) => netWaiting),
    )
    add(
      'cron_jobs_active',
      'Jobs of pg_cron that are turned on',
      ofProject(({ cronJobs }) => cronJobs),
    )
  }
}

async function readOne(watched: Watched): Promise<void> {
  try {
    watched.state = await watched.read()
    watched.isUp = true
  } catch {
    // what was true before says nothing of now
    watched.state = null
    watched.isUp = false
  }
}
