/** One channel that is listened to: what arrives is kept in a ring and told of four times a second, however fast it comes. */
import { decodeFrame, encodeFrame } from './wire.ts'
import type { Frame } from './wire.ts'

export const maxKept = 5000
const paintMs = 250
const heartbeatMs = 25_000
/** Of 60 s that a token lives. */
const renewMs = 45_000

export interface Message {
  readonly seq: number
  readonly at: number
  readonly kind: 'broadcast' | 'presence' | 'change' | 'system'
  readonly event: string
  readonly payload: unknown
}

export interface Join {
  readonly topic: string
  readonly isPrivate: boolean
  /** Changes of these tables; null: none. */
  readonly changes: {
    readonly event: string
    readonly schema: string
    readonly table: string
    readonly filter: string
  } | null
}

export interface Access {
  readonly url: string
  readonly anonKey: string
  /** Null: the connection's own, anon. */
  readonly token: string | null
}

export interface View {
  readonly state: 'connecting' | 'joined' | 'refused' | 'closed'
  readonly reason: string | null
  readonly messages: readonly Message[]
  /** Of all that ever arrived. */
  readonly total: number
  readonly present: readonly { readonly key: string; readonly metas: readonly unknown[] }[]
}

export const emptyView: View = {
  state: 'closed',
  reason: null,
  messages: [],
  total: 0,
  present: [],
}

type Diff = Partial<Record<'joins' | 'leaves', Record<string, Metas>>>
type Metas = { readonly metas: readonly { readonly phx_ref?: string }[] }

export class InspectorSession {
  readonly #join: Join
  readonly #access: () => Promise<Access>
  readonly #listeners = new Set<() => void>()
  readonly #present = new Map<string, Metas['metas']>()
  #socket: WebSocket | null = null
  #messages: Message[] = []
  #total = 0
  #ref = 0
  #view: View = { ...emptyView, state: 'connecting' }
  #timer: ReturnType<typeof setTimeout> | null = null
  readonly #beats: ReturnType<typeof setInterval>[] = []
  #isEnded = false

  /** `access` is asked again before its token ends. */
  constructor(join: Join, access: () => Promise<Access>) {
    this.#join = join
    this.#access = access
    access().then(
      (first) => this.#open(first),
      (error: unknown) =>
        this.#end('refused', error instanceof Error ? error.message : String(error)),
    )
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  view = (): View => this.#view

  broadcast(event: string, payload: unknown): void {
    this.#send('broadcast', { type: 'broadcast', event, payload })
  }

  track(payload: unknown): void {
    this.#send('presence', { type: 'presence', event: 'track', payload })
  }

  untrack(): void {
    this.#send('presence', { type: 'presence', event: 'untrack' })
  }

  leave(): void {
    this.#end('closed', null)
  }

  get #topic(): string {
    return `realtime:${this.#join.topic}`
  }

  #open(access: Access): void {
    if (this.#isEnded) return
    const address = `${access.url.replace(/^http/, 'ws')}/realtime/v1/websocket`
    const query = new URLSearchParams({ apikey: access.anonKey, vsn: '2.0.0' })
    const socket = (this.#socket = new WebSocket(`${address}?${query.toString()}`))
    socket.binaryType = 'arraybuffer'
    socket.addEventListener('open', () => {
      this.#send('phx_join', this.#joinPayload(access.token))
      this.#beats.push(setInterval(() => this.#write('phoenix', 'heartbeat', {}), heartbeatMs))
      if (access.token !== null) this.#beats.push(setInterval(() => void this.#renew(), renewMs))
    })
    socket.addEventListener('message', ({ data }) => {
      const frame = decodeFrame(data)
      if (frame !== null) this.#receive(frame)
    })
    socket.addEventListener('close', ({ reason }) =>
      this.#end('closed', reason || 'The connection was closed'),
    )
  }

  #joinPayload(token: string | null): object {
    const { isPrivate, changes } = this.#join
    return {
      config: {
        broadcast: { self: true, ack: false },
        presence: { enabled: true, key: '' },
        private: isPrivate,
        postgres_changes:
          changes === null
            ? []
            : [
                {
                  event: changes.event,
                  schema: changes.schema,
                  table: changes.table,
                  ...(changes.filter === '' ? {} : { filter: changes.filter }),
                },
              ],
      },
      ...(token === null ? {} : { access_token: token }),
    }
  }

  async #renew(): Promise<void> {
    try {
      const { token } = await this.#access()
      this.#send('access_token', { access_token: token })
    } catch {
      // the channel says itself that the token has ended
    }
  }

  #receive({ ref, topic, event, payload }: Frame): void {
    if (topic !== this.#topic) return
    const data = (payload ?? {}) as Record<string, unknown>
    if (event === 'phx_reply') {
      if (ref === '1') this.#joined(data)
      return
    }
    if (event === 'presence_state') this.#setPresent(data as Record<string, Metas>)
    if (event === 'presence_diff') this.#changePresent(data as Diff)
    if (event === 'broadcast') this.#keep('broadcast', text(data['event']), data['payload'])
    else if (event === 'postgres_changes') {
      const change = (data['data'] ?? {}) as Record<string, unknown>
      const name = `${text(change['type'])} ${text(change['schema'])}.${text(change['table'])}`
      this.#keep('change', name, change)
    } else if (event.startsWith('presence')) this.#keep('presence', event, payload)
    else if (event === 'system') this.#keep('system', text(data['message']), payload)
    else if (event === 'phx_close') {
      const last = this.#messages.findLast(({ kind }) => kind === 'system')
      this.#end('closed', last?.event ?? 'The channel was closed')
    }
  }

  #joined({ status, response }: Record<string, unknown>): void {
    if (status === 'ok') return this.#change({ state: 'joined', reason: null })
    const { reason } = (response ?? {}) as { reason?: unknown }
    this.#end('refused', text(reason) || 'The channel was refused')
  }

  #setPresent(state: Record<string, Metas>): void {
    this.#present.clear()
    for (const [key, { metas }] of Object.entries(state)) this.#present.set(key, metas)
  }

  #changePresent({ joins = {}, leaves = {} }: Diff): void {
    for (const [key, { metas }] of Object.entries(leaves)) {
      const gone = new Set(metas.map(({ phx_ref: ref }) => ref))
      const left = (this.#present.get(key) ?? []).filter(({ phx_ref: ref }) => !gone.has(ref))
      if (left.length === 0) this.#present.delete(key)
      else this.#present.set(key, left)
    }
    for (const [key, { metas }] of Object.entries(joins))
      this.#present.set(key, [...(this.#present.get(key) ?? []), ...metas])
  }

  #keep(kind: Message['kind'], event: string, payload: unknown): void {
    this.#messages.push({ seq: this.#total++, at: Date.now(), kind, event, payload })
    if (this.#messages.length >= 2 * maxKept) this.#messages = this.#messages.slice(-maxKept)
    this.#paint()
  }

  #paint(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null
      this.#change({})
    }, paintMs)
  }

  #change(part: Partial<View>): void {
    this.#view = {
      ...this.#view,
      messages: this.#messages.slice(-maxKept),
      total: this.#total,
      present: [...this.#present].map(([key, metas]) => ({ key, metas })),
      ...part,
    }
    for (const listener of this.#listeners) listener()
  }

  #end(state: 'refused' | 'closed', reason: string | null): void {
    if (this.#isEnded) return
    this.#isEnded = true
    for (const beat of this.#beats) clearInterval(beat)
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#socket?.close()
    this.#present.clear()
    this.#change({ state, reason })
  }

  #send(event: string, payload: unknown): void {
    this.#write(this.#topic, event, payload)
  }

  #write(topic: string, event: string, payload: unknown): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return
    this.#ref++
    this.#socket.send(
      encodeFrame(topic === 'phoenix' ? null : '1', String(this.#ref), topic, event, payload),
    )
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
