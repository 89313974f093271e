/** What one group is to be told, in the order of the log. What waits for Postgres is asked together; groups do not wait for each other. */
import type { Project } from '#base/service'
import type { Change, Rendered, TableFacts } from '#services/realtime/rows'
import { groupBy } from './group-by.ts'
import { insist } from './insist.ts'
import type { Lanes } from './lanes.ts'
import type { Group, Subscription } from './subscriptions.ts'
import { findVisible } from '#services/realtime/rows'

/** What one group gets of a change. */
export interface Share {
  readonly change: Change
  readonly table: TableFacts
  readonly fault: string | null
  readonly mustAsk: boolean
  readonly subscriptions: Subscription[]
}

export interface Handed {
  readonly shares: readonly Share[]
  readonly rendered: Rendered
  readonly done: () => void
}

export interface GroupQueueOptions {
  readonly project: Project
  readonly lanes: Lanes
  readonly isOver: () => boolean
  readonly send: (shares: readonly Share[], rendered: Rendered, role: string) => void
}

/** As many as one statement decides on. */
const atOnce = 200
/** A group this far behind, whose policies take this long, is let go: the others do not wait for it. */
const behind = { changes: 500, askingMs: 1_000 }

export class GroupQueue {
  readonly #options: GroupQueueOptions
  readonly #group: Group
  #handed: Handed[] = []
  #waiting = 0
  #isWorking = false
  #askedAt: number | null = null

  constructor(options: GroupQueueOptions, group: Group) {
    this.#options = options
    this.#group = group
  }

  get isIdle(): boolean {
    return !this.#isWorking
  }

  add(handed: Handed): void {
    this.#handed.push(handed)
    this.#waiting += handed.shares.length
    if (this.#isTooSlow()) {
      this.#fail(
        'The policies of this table take too long for the changes there are: changes are no longer sent. Make the policies faster and join again',
      )
      return
    }
    if (!this.#isWorking) void this.#work()
  }

  #isTooSlow(): boolean {
    if (this.#waiting <= behind.changes || this.#askedAt === null) return false
    return performance.now() - this.#askedAt > behind.askingMs
  }

  async #work(): Promise<void> {
    this.#isWorking = true
    while (this.#handed.length > 0) {
      const batch = this.#take()
      try {
        await this.#sendVisible(batch)
      } catch {
        this.#fail('Changes could not be checked: join again in a moment')
      }
      for (const { done } of batch) done()
    }
    this.#isWorking = false
  }

  #take(): readonly Handed[] {
    let count = 0
    const end = this.#handed.findIndex(({ shares }) => (count += shares.length) > atOnce)
    const batch = this.#handed.splice(0, end === -1 ? this.#handed.length : Math.max(end, 1))
    for (const { shares } of batch) this.#waiting -= shares.length
    return batch
  }

  async #sendVisible(batch: readonly Handed[]): Promise<void> {
    if (this.#group.subscriptions.size === 0 || this.#options.isOver()) return
    const visible = await this.#ask(batch.flatMap(({ shares }) => shares))
    for (const { shares, rendered } of batch) {
      const shown = shares.filter(({ mustAsk, change }) => !mustAsk || visible.has(change))
      this.#options.send(shown, rendered, this.#group.role)
    }
  }

  async #ask(shares: readonly Share[]): Promise<ReadonlySet<Change>> {
    const { project, isOver, lanes } = this.#options
    const visible = new Set<Change>()
    const byTable = groupBy(
      shares.filter(({ mustAsk }) => mustAsk),
      ({ table }) => table,
    )
    for (const [table, items] of byTable) {
      const changes = items.map(({ change }) => change)
      const seen = await lanes.run(`${table.oid} ${this.#group.role}`, async () => {
        if (this.#group.subscriptions.size === 0) return []
        this.#askedAt = performance.now()
        return insist(isOver, () => findVisible(project, this.#group, table, changes))
      })
      this.#askedAt = null
      for (const change of seen) visible.add(change)
    }
    return visible
  }

  /** All of it is over, and nothing of it waits any more. */
  #fail(message: string): void {
    const listeners = new Set([...this.#group.subscriptions].map(({ listener }) => listener))
    for (const listener of listeners) listener.onFailure(message)
    for (const { done } of this.#handed.splice(0)) done()
    this.#waiting = 0
  }
}
