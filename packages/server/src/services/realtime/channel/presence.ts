/** Who is present in a topic: under each key the metas of its channels. States and diffs are JSON text. */
import type { JsonObject, Random } from '#base/kernel'

interface Meta {
  readonly ref: string
  readonly payload: JsonObject
  /** The payload as JSON, to see whether it has changed. */
  readonly text: string
}

/** Of one topic; a channel (`C`) is present once, under its key. */
export class Presence<C> {
  readonly #random: Random
  readonly #keys = new Map<string, Map<C, Meta>>()

  constructor(random: Random) {
    this.#random = random
  }

  get isEmpty(): boolean {
    return this.#keys.size === 0
  }

  /** `{"<key>":{"metas":[{"phx_ref":…,…}]}}` */
  state(): string {
    const entries = [...this.#keys].map(([key, metas]) =>
      entry(
        key,
        [...metas.values()].map((meta) => print(meta)),
      ),
    )
    return `{${entries.join(',')}}`
  }

  /** The diff, or null when nothing has changed. */
  track(key: string, channel: C, payload: JsonObject): string | null {
    const metas = this.#keys.get(key) ?? new Map<C, Meta>()
    const before = metas.get(channel)
    const text = JSON.stringify(payload)
    if (before?.text === text) return null
    const ref = Buffer.from(this.#random.bytes(12)).toString('base64')
    const meta = { ref, payload, text }
    this.#keys.set(key, metas.set(channel, meta))
    const joined = entry(key, [print(meta, before?.ref)])
    return diff(joined, before === undefined ? '' : entry(key, [print(before)]))
  }

  /** The diff, or null when it was not there. */
  untrack(key: string, channel: C): string | null {
    const metas = this.#keys.get(key)
    const meta = metas?.get(channel)
    if (metas === undefined || meta === undefined) return null
    metas.delete(channel)
    if (metas.size === 0) this.#keys.delete(key)
    return diff('', entry(key, [print(meta)]))
  }
}

function print({ ref, payload }: Meta, before?: string): string {
  const { phx_ref: _, phx_ref_prev: __, ...own } = payload
  return JSON.stringify({
    phx_ref: ref,
    ...(typeof before === 'string' ? { phx_ref_prev: before } : {}),
    ...own,
  })
}

function entry(key: string, metas: readonly string[]): string {
  return `${JSON.stringify(key)}:{"metas":[${metas.join(',')}]}`
}

function diff(joins: string, leaves: string): string {
  return `{"joins":{${joins}},"leaves":{${leaves}}}`
}
