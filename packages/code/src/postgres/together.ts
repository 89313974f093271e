/**
 * Reads that are asked at once go as one statement: round trips, and what each statement costs by itself, are most of the
 * price of a small read.
 */

export interface Ask {
  /** The statement's: one for each text. */
  readonly name: string
  /** A query of what is in `asked`, whose columns are `p1`, `p2`, … */
  readonly text: string
  /** Of these columns. */
  readonly types: readonly string[]
  readonly values: readonly unknown[]
  /** What has the same one, of this name, is asked once for all that wait. */
  readonly key?: string
}

/** A statement with one value, a JSON array: what is asked, with `at`, which rows of the answer have as well. */
export interface Joined {
  readonly name: string
  readonly text: string
  readonly asked: readonly Readonly<Record<string, unknown>>[]
}

interface Waiting {
  readonly ask: Ask
  readonly resolve: (rows: object[]) => void
  readonly reject: (error: unknown) => void
}

interface Group {
  underWay: number
  readonly waiting: Waiting[]
  /** Of those that wait. */
  readonly byKey: Map<string, Promise<object[]>>
}

type Send = (joined: Joined) => Promise<{ readonly at: number }[]>

/** One waits for another's rows: not for many. */
const mostTogether = 16
/** Statements of one name that are under way; who comes then goes with the next one. */
const mostUnderWay = 2

export class Together {
  readonly #send: Send
  readonly #isRefused: (error: unknown) => boolean
  readonly #groups = new Map<string, Group>()
  #isScheduled = false

  /** `isRefused`: whether an error is of what was asked, so that each is tried alone. */
  constructor(send: Send, isRefused: (error: unknown) => boolean) {
    this.#send = send
    this.#isRefused = isRefused
  }

  ask(ask: Ask): Promise<object[]> {
    const group: Group = this.#groups.get(ask.name) ?? {
      underWay: 0,
      waiting: [],
      byKey: new Map(),
    }
    this.#groups.set(ask.name, group)
    const same = ask.key === undefined ? undefined : group.byKey.get(ask.key)
    if (same !== undefined) return same
    const rows = new Promise<object[]>((resolve, reject) => {
      group.waiting.push({ ask, resolve, reject })
    })
    if (ask.key !== undefined) group.byKey.set(ask.key, rows)
    // behind all requests that have come by now
    if (!this.#isScheduled) setImmediate(() => this.#next())
    this.#isScheduled = true
    return rows
  }

  #next(): void {
    this.#isScheduled = false
    for (const [name, group] of this.#groups) {
      while (group.waiting.length > 0 && group.underWay < mostUnderWay) {
        group.underWay++
        const next = group.waiting.splice(0, mostTogether)
        for (const { ask } of next) if (ask.key !== undefined) group.byKey.delete(ask.key)
        void this.#run(next).then(() => {
          group.underWay--
          this.#next()
        })
      }
      if (group.underWay === 0) this.#groups.delete(name)
    }
  }

  async #run(waiting: readonly Waiting[]): Promise<void> {
    try {
      const rows = await this.#send(join(waiting.map(({ ask }) => ask)))
      const found: object[][] = waiting.map(() => [])
      for (const row of rows) found[row.at]?.push(row)
      for (const [at, { resolve }] of waiting.entries()) resolve(found[at] ?? [])
    } catch (error) {
      if (waiting.length > 1 && this.#isRefused(error))
        await Promise.all(waiting.map((one) => this.#run([one])))
      else for (const { reject } of waiting) reject(error)
    }
  }
}

function join(asks: readonly Ask[]): Joined {
  const { name, text, types } = asks[0] as Ask
  const columns = types.map((type, index) => `p${index + 1} ${type}`)
  return {
    name,
    text: `select asked.at, found.* from json_to_recordset($1) as asked (${['at int', ...columns].join(', ')})
cross join lateral (${text}) found`,
    asked: asks.map(({ values }, at) => ({
      at,
      ...Object.fromEntries(values.map((value, index) => [`p${index + 1}`, value])),
    })),
  }
}
