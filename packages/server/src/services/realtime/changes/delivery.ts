/** A batch of changes → the messages of those who asked for them and may see them. */
import type { Project } from '#base/service'
import type { Audience } from './audience.ts'
import {
  TableFactsReader,
  createChangeCache,
  faultOf,
  printValues,
  untilCommitted,
} from '#services/realtime/rows'
import type { Change, Expressions, Rendered, TableFacts } from '#services/realtime/rows'
import { Evaluation } from './evaluate.ts'
import { conditionKey } from './filter.ts'
import { groupBy } from './group-by.ts'
import { GroupQueue } from './group-queue.ts'
import type { Share } from './group-queue.ts'
import { insist } from './insist.ts'
import { Lanes } from './lanes.ts'
import type { Group, Subscription, Subscriptions } from './subscriptions.ts'

/** Half of the connections that callers have by default. */
const asking = { all: 8, ofKind: 2 }
/** A share is small: as many are as heavy as one change. */
const sharesOfChange = 100

/** Those who may be told of a change, before their filters were looked at. */
interface Candidate {
  readonly change: Change
  readonly table: TableFacts
  readonly fault: string | null
  readonly mustAsk: boolean
  readonly subscription: Subscription
}

export interface DeliveryOptions {
  readonly project: Project
  readonly subscriptions: Subscriptions
  readonly expressions: Expressions
  readonly isOver: () => boolean
  /** For changes of the past: whoever could see the row as it was written must see it now, too. */
  readonly mustSeeNow?: boolean
}

export class Delivery {
  readonly #options: DeliveryOptions
  readonly #facts: TableFactsReader
  readonly #lanes = new Lanes(asking)
  readonly #queues = new WeakMap<Group, GroupQueue>()
  #waitingChanges = 0
  #waitingShares = 0

  constructor(options: DeliveryOptions) {
    this.#options = options
    this.#facts = new TableFactsReader(options.project, options.expressions)
  }

  /** Changes that have been decided on for somebody and not been sent. */
  get waiting(): number {
    return Math.max(this.#waitingChanges, this.#waitingShares / sharesOfChange)
  }

  /** Resolves when every group has its share; `sent` of the outcome when all of it has been sent. */
  async deliver(changes: readonly Change[]): Promise<{ readonly sent: Promise<unknown> }> {
    const { project, isOver, subscriptions } = this.#options
    const wanted = changes.filter(({ relation, type }) => subscriptions.isWanted(relation, type))
    if (wanted.length === 0) return { sent: Promise.resolve() }
    const { shares, rendered } = await insist(isOver, () => this.#decide(project, wanted))
    const waiting: Promise<void>[] = []
    for (const [group, share] of shares) {
      const sent = this.#hand(group, share, rendered)
      if (sent !== null) waiting.push(sent)
    }
    if (waiting.length === 0) return { sent: Promise.resolve() }
    this.#waitingChanges += wanted.length
    const sent = Promise.all(waiting).then(() => (this.#waitingChanges -= wanted.length))
    return { sent }
  }

  async #decide(
    project: Project,
    changes: readonly Change[],
  ): Promise<{ readonly shares: ReadonlyMap<Group, Share[]>; readonly rendered: Rendered }> {
    const { subscriptions, mustSeeNow = false } = this.#options
    // a policy may come with the very row it is to hide
    await untilCommitted(project, changes)
    const oids = new Set(changes.map(({ relation }) => relation.oid))
    const tables = await this.#facts.read([...oids], subscriptions.roles)
    const evaluation = new Evaluation(project)
    const candidates: Candidate[] = []
    const pairs: (readonly [Change, TableFacts])[] = []
    for (const change of changes) {
      const table = tables.get(change.relation.oid)
      // a table that is gone by now: nobody can say who might see its rows
      if (table === undefined) continue
      const before = candidates.length
      find(candidates, change, subscriptions.audienceOf(change.relation, table), mustSeeNow)
      if (candidates.length > before) pairs.push([change, table])
    }
    for (const { change, table, fault, subscription } of candidates)
      if (fault === null) evaluation.prepare(change, table, subscription.params.conditions)
    const tooSlow = await evaluation.ask()
    if (tooSlow.size > 0) endSlow(candidates, tooSlow)
    const print = await printValues(project, pairs)
    const shares = share(candidates, evaluation)
    const maxBytes = project.config['realtime.max_record_size']
    return { shares, rendered: createChangeCache(print, maxBytes) }
  }

  /** Null when it was sent at once. */
  #hand(group: Group, shares: readonly Share[], rendered: Rendered): Promise<void> | null {
    const known = this.#queues.get(group)
    if ((known === undefined || known.isIdle) && !shares.some(({ mustAsk }) => mustAsk)) {
      this.#send(shares, rendered, group.role)
      return null
    }
    const queue = known ?? this.#queueOf(group)
    this.#waitingShares += shares.length
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waitingShares -= shares.length
        resolve()
      }
      queue.add({ shares, rendered, done })
    })
  }

  #queueOf(group: Group): GroupQueue {
    const { project, isOver } = this.#options
    const send = this.#send.bind(this)
    const queue = new GroupQueue({ project, isOver, lanes: this.#lanes, send }, group)
    this.#queues.set(group, queue)
    return queue
  }

  #send(shares: readonly Share[], rendered: Rendered, role: string): void {
    for (const { change, table, fault, subscriptions } of shares) {
      const open = subscriptions.filter((each) => this.#options.subscriptions.has(each))
      for (const [listener, own] of groupBy(open, (each) => each.listener)) {
        const bySelect = groupBy(own, ({ params }) => params.select?.join('\0') ?? null)
        for (const same of bySelect.values()) {
          const [{ params }] = same as [Subscription]
          const ids = [...new Set(same.map(({ id }) => id))]
          const data = rendered(change, table, { role, select: params.select, fault })
          listener.onChange(ids, change.type, data, change.position)
        }
      }
    }
  }
}

/** Who may not read the key of a table is told so, whatever was asked for. */
function find(
  candidates: Candidate[],
  change: Change,
  audience: Audience,
  mustSeeNow: boolean,
): void {
  const { table } = audience
  const asksAll = mustSeeNow && change.type !== 'DELETE' && table.hasPolicies
  for (const role of audience.rolesOf(change.type)) {
    if (!table.readable.has(role)) continue
    const fault = faultOf(change, table, role)
    const found =
      fault === null
        ? audience.find(change, role)
        : [{ subscriptions: audience.of(change.type, role), mustAsk: false }]
    const mayBeAsked = asksAll && fault === null && !table.seesAll.has(role)
    for (const { subscriptions, mustAsk } of found)
      for (const subscription of subscriptions)
        candidates.push({ change, table, fault, mustAsk: mustAsk || mayBeAsked, subscription })
  }
}

/** Of a filter that takes too long: others do not wait for it again. */
function endSlow(candidates: readonly Candidate[], tooSlow: ReadonlySet<string>): void {
  const listeners = new Set(
    candidates
      .filter(({ subscription: { params } }) =>
        params.conditions.some((one) => tooSlow.has(conditionKey(one))),
      )
      .map(({ subscription }) => subscription.listener),
  )
  for (const listener of listeners)
    listener.onFailure(
      'A filter of this channel takes too long for the changes there are: changes are no longer sent. Make it simpler and join again',
    )
}

function share(
  candidates: readonly Candidate[],
  evaluation: Evaluation,
): ReadonlyMap<Group, Share[]> {
  const shares = new Map<Group, Share[]>()
  for (const { change, table, fault, mustAsk, subscription } of candidates) {
    const { group, params } = subscription
    if (fault === null && !evaluation.holds(change, table, params.conditions)) continue
    const own = shares.get(group)
    const last = own?.at(-1)
    if (last?.change === change) {
      last.subscriptions.push(subscription)
      continue
    }
    const item = { change, table, fault, mustAsk, subscriptions: [subscription] }
    if (own === undefined) shares.set(group, [item])
    else own.push(item)
  }
  return shares
}
