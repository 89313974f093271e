/** The subscriptions to changes of one channel, and what it sends of them. */
import { createHash } from 'node:crypto'
import type { JsonObject } from '#base/kernel'
import type { Channel } from './channel.ts'
import { isAfter } from './change-position.ts'
import type { ChangePosition } from './change-position.ts'
import { HeldChanges } from './held-changes.ts'
import type { ChangeListener, ChangeRequest, RealtimeRuntime } from './runtime.ts'

/** Each is a question to Postgres. */
const maxBindings = 100
/** A client that joins before it has its token sends it within this time. */
const lateTokenMs = 5_000

const lost =
  'Changes were missed that can no longer be sent: read again what you show; from here on changes arrive as before'

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
  /** What arrives while that before it is still being sent. */
  #held: HeldChanges | null = null
  /** Up to where everything has been sent by other ways. */
  #sentUpTo: ChangePosition | null = null
  #lastSent: ChangePosition | null = null
  #begunAt: ChangePosition | null = null
  /** Where the log was when it first subscribed, and when that was. */
  #first: { readonly position: ChangePosition; readonly atMs: number } | null = null
  #hasSubscribed = false
  /** Of a join that waits for its changes: told once, null or why there are none. */
  #answer: ((problem: string | null) => void) | null = null

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

  get isEmpty(): boolean {
    return this.#bindings.length === 0
  }

  /** Subscribes, again with another token; the client is told when changes arrive, or why they do not. */
  renew(answer = this.#answer): void {
    this.#answer = answer
    if (this.#bindings.length > maxBindings)
      this.onFailure(
        `Unable to subscribe to changes: a channel has at most ${maxBindings} subscriptions`,
      )
    else if (!this.isEmpty) void this.#subscribe()
  }

  close(): void {
    this.#turn++
    this.#held = null
    for (const end of this.#ends.splice(0)) end()
  }

  onChange(ids: readonly number[], type: string, data: string, position: ChangePosition): void {
    if (this.#held !== null) this.#held.add({ ids, type, data, position })
    else if (this.#sentUpTo === null || isAfter(position, this.#sentUpTo))
      this.#send(ids, type, data, position)
  }

  onLoss(message: string): void {
    this.#channel.system('postgres_changes', 'gap', message, this.#position())
  }

  onFailure(message: string): void {
    this.close()
    if (this.#answerJoin(message)) return
    this.#channel.system('postgres_changes', 'error', message)
  }

  #send(ids: readonly number[], type: string, data: string, position: ChangePosition): void {
    this.#runtime.stats.changesSent++
    this.#lastSent = position
    const { config, version, name } = this.#channel
    if (config.isLegacy) this.#channel.push(type, data)
    else if (config.resume === null)
      this.#channel.write(this.#runtime.changeFrames.of(version, `realtime:${name}`, ids, data))
    else {
      const word = this.#runtime.changes.printPosition(position)
      const payload = `{"ids":[${ids.join(',')}],"position":"${word}","data":${data}}`
      this.#channel.push('postgres_changes', payload, word)
    }
  }

  async #subscribe(): Promise<void> {
    const wanted = this.#wantedAfter()
    // whatever comes behind it will be sent
    this.#begunAt = this.#runtime.changes.position
    this.#first ??= { position: this.#begunAt, atMs: this.#runtime.project.clock.now() }
    this.close()
    const turn = this.#turn
    if (wanted !== null || this.#answer !== null)
      this.#held = new HeldChanges(this.#runtime.project.config['realtime.max_queue'])
    try {
      const requests = this.#requests(this)
      for (const request of requests) {
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
      this.#answerJoin(null)
      if (wanted !== null) await this.#catchUp(wanted, turn)
      if (turn !== this.#turn) return
      this.#hasSubscribed = true
      const position = this.#position()
      this.#channel.system('postgres_changes', 'ok', 'Subscribed to PostgreSQL', position)
      this.#release()
    } catch (error) {
      const { log } = this.#runtime.project
      log.error('a subscription to changes failed', { error: String(error) })
      if (turn === this.#turn)
        this.onFailure(
          'Unable to subscribe to changes: the database does not answer. Join again in a moment',
        )
    }
  }

  #answerJoin(problem: string | null): boolean {
    const answer = this.#answer
    this.#answer = null
    answer?.(problem)
    return answer !== null
  }

  /**
   * Where the client is: at the position it names; with a new token where it was with the old one; with the token it
   * should have joined with, where it joined, as far as it has heard nothing since.
   */
  #wantedAfter(): ChangePosition | 'nowhere' | null {
    const { changes } = this.#runtime
    const { config } = this.#channel
    const last = this.#lastSent
    if (this.#hasSubscribed && !this.#isTokenLate()) {
      const sent = changes.sentPosition
      return last !== null && isAfter(last, sent) ? last : sent
    }
    if (last !== null) return last
    const after = config.resume?.after ?? null
    if (after !== null) return changes.parsePosition(after) ?? 'nowhere'
    return this.#first?.position ?? null
  }

  /** The stock client joins without a token when it is asked to before it knows one. */
  #isTokenLate(): boolean {
    if (this.#channel.config.token !== null || this.#first === null) return false
    return this.#runtime.project.clock.now() - this.#first.atMs < lateTokenMs
  }

  /** Sends what was missed, or says that it cannot be had. */
  async #catchUp(after: ChangePosition | 'nowhere', turn: number): Promise<void> {
    const isOver = (): boolean => turn !== this.#turn
    const direct: ChangeListener = {
      onChange: (...change) => {
        if (!isOver()) this.#send(...change)
      },
      onLoss: () => {},
      onFailure: (message) => this.onFailure(message),
    }
    const upTo =
      after === 'nowhere'
        ? null
        : await this.#runtime.changes.sendAgain(this.#requests(direct), after, {
            isOver,
            // with a new token nobody was away: changes are judged as those that come
            mustSeeNow: !this.#hasSubscribed,
          })
    if (isOver()) return
    this.#sentUpTo = upTo
    const isResumed = !this.#hasSubscribed && this.#channel.config.resume?.after != null
    // with a new token nothing was asked for that could be missing
    if (upTo === null && isResumed) this.onLoss(lost)
  }

  #release(): void {
    const held = this.#held
    this.#held = null
    for (const { ids, type, data, position } of held?.take() ?? [])
      this.onChange(ids, type, data, position)
    if (held?.isOverfull === true) this.onLoss(lost)
  }

  #requests(listener: ChangeListener): ChangeRequest[] {
    const { member } = this.#channel
    return this.#bindings.map(({ params, id }) => ({ params, id, member, listener }))
  }

  #position(): { readonly position?: string } {
    const { changes } = this.#runtime
    if (this.#channel.config.resume === null) return {}
    return { position: changes.printPosition(this.#sentUpTo ?? this.#begunAt ?? changes.position) }
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
