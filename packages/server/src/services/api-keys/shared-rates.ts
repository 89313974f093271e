/** The windows of all keys; what other nodes counted comes over the bus, ten times a second. */
import type { Bus } from '#base/bus'
import { BoundedCache } from '#base/kernel'
import type { Clock } from '#base/kernel'
import { RateWindow } from './rate-window.ts'

/** Two nodes let in as much more than allowed as one of them does in this time. */
const tellMs = 100
const mostWindows = 10_000
const topic = 'api-key-rates'

/** Key, second, how many. */
type Told = readonly (readonly [id: string, second: number, count: number])[]

const isCount = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) > 0

export class SharedRates {
  readonly #bus: Bus
  readonly #clock: Clock
  readonly #windows = new BoundedCache<string, RateWindow>(mostWindows)
  /** Not yet told: `id second` → how many. */
  #untold = new Map<string, number>()
  #timer: NodeJS.Timeout | null = null
  #stop: (() => void) | null = null

  constructor(bus: Bus, clock: Clock) {
    this.#bus = bus
    this.#clock = clock
  }

  async open(): Promise<void> {
    if (this.#bus.isAlone) return
    this.#stop = await this.#bus.subscribe(topic, (message) => this.#hear(message))
  }

  close(): void {
    this.#stop?.()
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  windowOf(id: string): RateWindow {
    let window = this.#windows.get(id)
    if (window === undefined) {
      window = new RateWindow()
      this.#windows.set(id, window)
    }
    return window
  }

  /** `window` is that of `id`. */
  take(id: string, window: RateWindow, limit: number, nowMs: number): boolean {
    if (!window.take(limit, nowMs)) return false
    if (!this.#bus.isAlone) this.#tell(id, Math.floor(nowMs / 1000))
    return true
  }

  #tell(id: string, second: number): void {
    const name = `${id} ${second}`
    this.#untold.set(name, (this.#untold.get(name) ?? 0) + 1)
    this.#timer ??= setTimeout(() => {
      this.#timer = null
      const told = Array.from(this.#untold, ([key, count]) => {
        const [keyId = '', at] = key.split(' ')
        return [keyId, Number(at), count]
      })
      this.#untold = new Map()
      this.#bus.publish(topic, Buffer.from(JSON.stringify(told)))
    }, tellMs).unref()
  }

  #hear(message: Uint8Array): void {
    const nowMs = this.#clock.now()
    for (const [id, second, count] of parse(message))
      if (typeof id === 'string' && isCount(second) && isCount(count))
        this.windowOf(id).add(second, count, nowMs)
  }
}

function parse(message: Uint8Array): Told {
  try {
    const told = JSON.parse(Buffer.from(message).toString('utf8')) as unknown
    return Array.isArray(told)
      ? (told.filter((item) => Array.isArray(item)) as unknown as Told)
      : []
  } catch {
    return []
  }
}
