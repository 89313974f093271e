/** Who is present in a topic: under each key the metas of its members, here and on other nodes. States and diffs are JSON text. */
import type { JsonObject } from '#base/kernel'

export interface Meta {
  readonly ref: string
  readonly payload: JsonObject
  /** The payload as JSON, to see whether it has changed. */
  readonly text: string
}

/** What has changed, by key. */
export class PresenceDiff {
  readonly #joins = new Map<string, string[]>()
  readonly #leaves = new Map<string, string[]>()

  get isEmpty(): boolean {
    return this.#joins.size === 0 && this.#leaves.size === 0
  }

  joined(key: string, meta: string): void {
    add(this.#joins, key, meta)
  }

  left(key: string, meta: string): void {
    add(this.#leaves, key, meta)
  }

  /** `{"joins":{…},"leaves":{…}}` */
  print(): string {
    return `{"joins":${printKeys(this.#joins)},"leaves":${printKeys(this.#leaves)}}`
  }
}

function add(keys: Map<string, string[]>, key: string, meta: string): void {
  const known = keys.get(key)
  if (known === undefined) keys.set(key, [meta])
  else known.push(meta)
}

function printKeys(keys: ReadonlyMap<string, readonly string[]>): string {
  const entries = [...keys].map(
    ([key, metas]) => `${JSON.stringify(key)}:{"metas":[${metas.join(',')}]}`,
  )
  return `{${entries.join(',')}}`
}

/** Of one topic; a member (`M`) is present once, under its key. */
export class Presence<M> {
  readonly #keys = new Map<string, Map<M, Meta>>()

  /** `{"<key>":{"metas":[{"phx_ref":…,…}]}}` */
  state(): string {
    const keys = [...this.#keys].map(
      ([key, metas]) => [key, [...metas.values()].map((meta) => print(meta))] as const,
    )
    return printKeys(new Map(keys))
  }

  find(key: string, member: M): Meta | undefined {
    return this.#keys.get(key)?.get(member)
  }

  put(key: string, member: M, meta: Meta, diff: PresenceDiff): void {
    const metas = this.#keys.get(key) ?? new Map<M, Meta>()
    const before = metas.get(member)
    if (before?.ref === meta.ref) return
    this.#keys.set(key, metas.set(member, meta))
    diff.joined(key, print(meta, before?.ref))
    if (before !== undefined) diff.left(key, print(before))
  }

  remove(key: string, member: M, diff: PresenceDiff): void {
    const metas = this.#keys.get(key)
    const meta = metas?.get(member)
    if (metas === undefined || meta === undefined) return
    metas.delete(member)
    if (metas.size === 0) this.#keys.delete(key)
    diff.left(key, print(meta))
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
