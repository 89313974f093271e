/**
 * Answers of searches in memory, within a bound: the least recently asked for goes first. Each is good as long as nothing has
 * changed in the repositories it is of, which the database is asked every time.
 */
import { createHash } from 'node:crypto'
import { BoundedCache } from '#core'
import type { Database } from '#postgres'

export interface AnswerCacheOptions {
  readonly db: Database
  readonly maxBytes: number
  /** So long what was changed by hand, behind the triggers, may be answered as it was. */
  readonly keptMs: number
}

/** Whose answers, and of which repository only. */
export interface AnswerScope {
  readonly userId: string
  readonly repositoryId: string | undefined
}

interface Kept {
  readonly changes: string
  readonly json: string
  readonly bytes: number
  readonly untilMs: number
}

/** Of what was asked once: what is never asked again is not kept. */
const maxAsked = 10_000
const longestAsked = 300
/** Of all that is kept: one answer does not push out the others. */
const largestPart = 0.05
/** Of an entry itself. */
const entryBytes = 200

export class AnswerCache {
  readonly #options: AnswerCacheOptions
  readonly #asked: BoundedCache<true>
  /** The least recently asked for first. */
  readonly #kept = new Map<string, Kept>()
  #bytes = 0

  constructor(options: AnswerCacheOptions) {
    this.#options = options
    this.#asked = new BoundedCache(maxAsked, options.keptMs)
  }

  /**
   * The JSON of what `find` answers. `asked` tells all searches of a scope apart.
   * @throws what `find` throws
   */
  async answer(scope: AnswerScope, asked: string, find: () => Promise<object>): Promise<string> {
    const key = `${scope.userId} ${scope.repositoryId ?? ''} ${shortened(asked)}`
    const kept = this.#take(key)
    if (kept === undefined && this.#asked.get(key) !== true) {
      this.#asked.set(key, true)
      return JSON.stringify(await find())
    }
    const changes = await this.#readChanges(scope)
    if (kept !== undefined && kept.changes === changes) return kept.json
    const json = JSON.stringify(await find())
    // a repository that came meanwhile and goes again would make the answer good for what was before it
    if (changes !== null && changes === (await this.#readChanges(scope)))
      this.#keep(key, changes, json)
    return json
  }

  /** Null where they cannot be told, as in a database that was not migrated yet. */
  async #readChanges({ userId, repositoryId }: AnswerScope): Promise<string | null> {
    const isOne = repositoryId !== undefined
    const rows = await this.#options.db
      .queryTogether<{ changes: string }>({
        name: isOne ? 'code.readChanges_repository_id' : 'code.readChanges',
        text: changesSql(isOne ? 'and repositories.id = asked.p2' : ''),
        types: isOne ? ['uuid', 'uuid'] : ['uuid'],
        values: isOne ? [userId, repositoryId] : [userId],
        key: `${userId} ${repositoryId ?? ''}`,
      })
      .catch(() => [])
    return rows[0]?.changes ?? null
  }

  #take(key: string): Kept | undefined {
    const kept = this.#kept.get(key)
    if (kept === undefined) return undefined
    if (kept.untilMs <= performance.now()) {
      this.#remove(key, kept)
      return undefined
    }
    this.#kept.delete(key)
    this.#kept.set(key, kept)
    return kept
  }

  #keep(key: string, changes: string, json: string): void {
    const { maxBytes, keptMs } = this.#options
    const bytes = 2 * (key.length + json.length) + entryBytes
    const old = this.#kept.get(key)
    if (old !== undefined) this.#remove(key, old)
    if (bytes > maxBytes * largestPart) return
    this.#kept.set(key, { changes, json, bytes, untilMs: performance.now() + keptMs })
    this.#bytes += bytes
    for (const [other, { bytes: freed }] of this.#kept) {
      if (this.#bytes <= maxBytes) break
      this.#kept.delete(other)
      this.#bytes -= freed
    }
  }

  #remove(key: string, { bytes }: Kept): void {
    this.#kept.delete(key)
    this.#bytes -= bytes
  }
}

/** Patterns and cursors may be long, and what was asked is remembered where its answer is not. */
function shortened(asked: string): string {
  return asked.length <= longestAsked ? asked : createHash('sha256').update(asked).digest('base64')
}

/** Of a user's repositories: which they are, and how often each has changed. */
function changesSql(condition: string): string {
  return `
select coalesce(md5(string_agg(repositories.id || ':' || coalesce(versions.changes, -1), ',' order by repositories.id)), '') as changes
from public.repositories left join code.symbol_versions versions on versions.repository_id = repositories.id
where repositories.user_id = asked.p1 ${condition}`
}
