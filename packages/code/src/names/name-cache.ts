/**
 * Names of repositories in memory, within a bound: the least recently asked for goes first, and all of it may go at any time. What
 * it holds of a repository is complete for the version it was read at; who asks compares that with the database's.
 */
import { BoundedCache, messageOf } from '#core'
import type { Log } from '#core'
import type { Database } from '#postgres'
import { NameMemos } from './name-memo.ts'
import type { NameMemo } from './name-memo.ts'
import { parseVersions, readDialect, readNames, readNewNames, versionsSql } from './read-names.ts'
import type { Dialect, Version } from './read-names.ts'
import { sizeOf } from './segment.ts'
import type { Segment } from './segment.ts'
import { SegmentThread } from './segment-thread.ts'
import type { NameSource } from './walk-names.ts'

export interface NameCacheOptions {
  readonly db: Database
  readonly log: Log
  readonly maxBytes: number
}

/** Whose names, and of which repository only. */
export interface NameScope {
  readonly userId: string
  readonly repositoryId?: string
}

export interface OpenNames {
  /** What `versionsSql` has to answer: otherwise names may be missing. */
  readonly versions: string
  readonly sources: readonly NameSource[]
  readonly dialect: Dialect
  /** Of these sources: what was found before, by what was asked. */
  readonly memo: NameMemo
}

/** Versions as text and as values. */
interface Known {
  readonly number: number
  readonly text: string
  readonly versions: readonly Version[]
}

interface Entry {
  readonly version: Version
  /** Of the larger part, to which what came later is added. */
  readonly baseLastId: number
  readonly base: readonly Segment[]
  readonly segments: readonly Segment[]
  readonly isGrown: boolean
  readonly bytes: number
  usedAtMs: number
  /** It is not read again before: a repository that is written all the time is not read all the time. */
  readonly restUntilMs: number
}

const maxScopes = 10_000
const maxWaiting = 1_000
const scopeMs = 3_600_000
/** So long it is not looked again whether names are there, unless some have come. */
const absentMs = 500
/** What was asked for this recently does not make room. */
const busyMs = 60_000
/** So long a repository that does not fit is not tried again. */
const refusedMs = 60_000
/** Ids of the database may have come since, or all is read again. */
const maxNewIds = 100_000
/** Fewer names are read again as a whole. */
const smallNames = 20_000

export class NameCache {
  readonly #options: NameCacheOptions
  readonly #thread = new SegmentThread()
  readonly #scopes = new BoundedCache<Known>(maxScopes, scopeMs)
  readonly #memos = new NameMemos()
  readonly #absent = new BoundedCache<true>(maxScopes, absentMs)
  readonly #refused = new BoundedCache<true>(maxScopes, refusedMs)
  /** The least recently asked for first. */
  readonly #entries = new Map<string, Entry>()
  readonly #waiting = new Map<string, Version>()
  #dialect: Promise<Dialect> | null = null
  #bytes = 0
  #numbers = 0
  #working: Promise<void> | null = null
  #isClosed = false

  constructor(options: NameCacheOptions) {
    this.#options = options
  }

  /** Null where not all of it is there: it will be, as far as it fits. @throws unavailable */
  async open(scope: NameScope): Promise<OpenNames | null> {
    const key = `${scope.userId} ${scope.repositoryId ?? ''}`
    if (this.#absent.get(key) === true) return null
    const known = this.#scopes.get(key)
    const names = known === undefined ? null : this.#collect(known)
    if (known !== undefined && names !== null) return this.#opened(known, names)
    const text = await this.#readVersions(scope)
    const now = { number: this.#numbers++, text, versions: parseVersions(text) }
    this.#scopes.set(key, now)
    const found = this.#collect(now)
    if (found !== null) return this.#opened(now, found)
    for (const version of now.versions) this.#want(version)
    this.#absent.set(key, true)
    return null
  }

  async #opened({ number, text }: Known, sources: readonly NameSource[]): Promise<OpenNames> {
    return {
      versions: text,
      sources,
      dialect: await this.#readDialect(),
      memo: this.#memos.of(number),
    }
  }

  /** The database has another version. */
  forget({ userId, repositoryId = '' }: NameScope): void {
    this.#scopes.delete(`${userId} ${repositoryId}`)
  }

  async #readVersions({ userId, repositoryId }: NameScope): Promise<string> {
    const one = repositoryId === undefined ? '' : ' and repositories.id = $2'
    const [row] = await this.#options.db.query<{ versions: string }>(
      `code.readVersions${one === '' ? '' : '_repository_id'}`,
      versionsSql(`repositories.user_id = $1${one}`),
      repositoryId === undefined ? [userId] : [userId, repositoryId],
    )
    return row?.versions ?? ''
  }

  #readDialect(): Promise<Dialect> {
    this.#dialect ??= readDialect(this.#options.db).catch((error: unknown) => {
      this.#dialect = null
      throw error
    })
    return this.#dialect
  }

  #collect({ versions }: Known): readonly NameSource[] | null {
    const sources: NameSource[] = []
    const now = performance.now()
    let isComplete = true
    for (const { repository, epoch, lastId } of versions) {
      const entry = this.#entries.get(repository)
      if (entry === undefined) {
        isComplete = false
        continue
      }
      entry.usedAtMs = now
      this.#entries.delete(repository)
      this.#entries.set(repository, entry)
      if (entry.version.epoch !== epoch || entry.version.lastId !== lastId) isComplete = false
      sources.push({ repository, segments: entry.segments, copies: entry.isGrown ? 2 : 1 })
    }
    return isComplete ? sources : null
  }

  #want(version: Version): void {
    const { repository, epoch, lastId } = version
    const entry = this.#entries.get(repository)
    if (entry?.version.epoch === epoch && entry.version.lastId === lastId) return
    if (entry !== undefined && entry.restUntilMs > performance.now()) return
    if (this.#isClosed || this.#refused.get(repository) === true) return
    if (this.#waiting.size >= maxWaiting && !this.#waiting.has(repository)) return
    this.#waiting.set(repository, version)
    this.#start()
  }

  #start(): void {
    if (this.#isClosed || this.#waiting.size === 0) return
    this.#working ??= this.#work().finally(() => {
      this.#working = null
      // wanted since it last looked
      this.#start()
    })
  }

  async #work(): Promise<void> {
    for (const [repository, version] of this.#waiting) {
      if (this.#isClosed) return
      try {
        await this.#update(version)
      } catch (error) {
        if (this.#isClosed) return
        this.#refused.set(repository, true)
        this.#options.log('warn', 'names are not kept in memory', {
          repository,
          error: messageOf(error),
        })
      }
      this.#waiting.delete(repository)
      this.#absent.clear()
    }
    // what building took goes with it
    await this.#thread.close()
  }

  async #update(version: Version): Promise<void> {
    const { db, log, maxBytes } = this.#options
    const { repository } = version
    const startedAt = performance.now()
    const known = this.#entries.get(repository)
    const old = known !== undefined && canGrow(known, version) ? known : null
    const room = maxBytes - (old?.bytes ?? 0)
    const pages =
      old === null ? readNames(db, repository) : readNewNames(db, repository, old.baseLastId)
    const built = await this.#thread.build(pages, room)
    const segments = built === null ? null : [...(old?.base ?? []), ...built]
    const bytes = (segments ?? []).reduce((sum, segment) => sum + sizeOf(segment), 0)
    if (segments === null || !this.#makeRoom(repository, bytes)) {
      this.#refused.set(repository, true)
      log('info', 'names of a repository do not fit in memory', { repository })
      return
    }
    const now = performance.now()
    const ms = now - startedAt
    this.#entries.set(repository, {
      version,
      baseLastId: old?.baseLastId ?? version.lastId,
      base: old?.base ?? segments,
      segments,
      isGrown: old !== null,
      bytes,
      usedAtMs: now,
      restUntilMs: now + 2 * ms,
    })
    this.#bytes += bytes
    log('info', 'names of a repository are in memory', {
      repository,
      names: segments.reduce((sum, { count }) => sum + count, 0),
      bytes,
      ms: Math.round(ms),
      whole: old === null,
    })
  }

  /** Takes out what it replaces, and what was not asked for lately. */
  #makeRoom(repository: string, bytes: number): boolean {
    this.#remove(repository)
    const busySince = performance.now() - busyMs
    for (const [other, { usedAtMs }] of this.#entries) {
      if (this.#bytes + bytes <= this.#options.maxBytes || usedAtMs > busySince) break
      this.#remove(other)
    }
    return this.#bytes + bytes <= this.#options.maxBytes
  }

  #remove(repository: string): void {
    this.#bytes -= this.#entries.get(repository)?.bytes ?? 0
    this.#entries.delete(repository)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#waiting.clear()
    await this.#thread.close()
    await this.#working
  }
}

function canGrow({ version: known, base, baseLastId }: Entry, { epoch, lastId }: Version): boolean {
  const names = base.reduce((sum, { count }) => sum + count, 0)
  return (
    known.epoch === epoch &&
    names > smallNames &&
    lastId >= baseLastId &&
    lastId - baseLastId <= maxNewIds
  )
}
