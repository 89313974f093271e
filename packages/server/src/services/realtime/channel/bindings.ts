/** The subscriptions to changes of one channel, and what it sends of them. */
import { createHash } from 'node:crypto'
import type { JsonObject } from '#base/kernel'
import type { Channel } from './channel.ts'
import type { ChangeListener, RealtimeRuntime } from './runtime.ts'

/** Each is a question to Postgres. */
const maxBindings = 100

interface Binding {
  readonly params: JsonObject
  readonly id: number
}

export class Bindings implements ChangeListener {
  readonly #runtime: RealtimeRuntime
  readonly #channel: Channel
  readonly #bindings: readonly Binding[]
  #ends: (() => void)[] = []
  /** Of the subscribing that is under way: what an older one finds is let go. */
  #turn = 0

  constructor(runtime: RealtimeRuntime, channel: Channel) {
    this.#runtime = runtime
    this.#channel = channel
    const { config, name } = channel
    const wanted = config.isLegacy ? legacyParams(name) : config.changes
    this.#bindings = wanted.map((params) => ({ params, id: idOf(params) }))
  }

  /** For the reply to the join: what the client sent, in its order, with ids. */
  describe(): string {
    const { isLegacy } = this.#channel.config
    const described = isLegacy ? [] : this.#bindings.map(({ params, id }) => ({ ...params, id }))
    return JSON.stringify({ postgres_changes: described })
  }

  /** Subscribes, again with another token; the client is told when changes arrive, or why they do not. */
  renew(): void {
    if (this.#bindings.length > maxBindings)
      this.onFailure(
        `Unable to subscribe to changes: a channel has at most ${maxBindings} subscriptions`,
      )
    else if (this.#bindings.length > 0) void this.#subscribe()
  }

  close(): void {
    this.#turn++
    for (const end of this.#ends.splice(0)) end()
  }

  onChange(ids: readonly number[], type: string, data: string): void {
    this.#runtime.stats.changesSent++
    if (this.#channel.config.isLegacy) this.#channel.push(type, data)
    else this.#channel.push('postgres_changes', `{"ids":[${ids.join(',')}],"data":${data}}`)
  }

  onLoss(message: string): void {
    this.#channel.system('postgres_changes', 'error', message)
  }

  onFailure(message: string): void {
    this.close()
    this.#channel.system('postgres_changes', 'error', message)
  }

  async #subscribe(): Promise<void> {
    this.close()
    const turn = this.#turn
    const { member } = this.#channel
    try {
      for (const { params, id } of this.#bindings) {
        const request = { params, id, member, listener: this }
        const subscription = await this.#runtime.changes.subscribe(request)
        if (turn !== this.#turn) {
          if (subscription.ok) subscription.end()
          return
        }
        if (!subscription.ok) {
          this.onFailure(subscription.message)
          return
        }
        this.#ends.push(subscription.end)
      }
      this.#channel.system('postgres_changes', 'ok', 'Subscribed to PostgreSQL')
    } catch (error) {
      const { log } = this.#runtime.project
      log.error('a subscription to changes failed', { error: String(error) })
      if (turn === this.#turn)
        this.onFailure(
          'Unable to subscribe to changes: the database does not answer. Join again in a moment',
        )
    }
  }
}

/** `schema[:table[:filter]]` */
function legacyParams(name: string): JsonObject[] {
  const [schema, table, ...filter] = name.split(':')
  if (schema === undefined || schema === '') return []
  return [
    {
      event: '*',
      schema,
      ...(table === undefined ? {} : { table }),
      ...(filter.length === 0 ? {} : { filter: filter.join(':') }),
    },
  ]
}

/** From 1 to 2^27: the same for the same parameters. */
function idOf(params: JsonObject): number {
  const sorted = Object.fromEntries(Object.entries(params).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  const digest = createHash('sha256').update(JSON.stringify(sorted)).digest()
  return (digest.readUInt32BE(0) >>> 5) + 1
}
