/**
 * The cache of one project on one node. An answer is kept with the position of the log that its statements saw, and is
 * valid as long as no table behind it has changed since: the same rule in memory and in Redis, on every node.
 */
import { createHash } from 'node:crypto'
import type { Config } from '#base/config'
import type { ConnectionOptions } from '#base/db'
import type { HttpRequest, HttpResponse } from '#base/http'
import type { Caller, Project, Scope } from '#base/service'
import type { RunningPlan } from '#services/data-api/plan'
import { answerFrom } from './answer-from.ts'
import { ChangeWatch } from './change-watch.ts'
import { createEntry } from './entry.ts'
import type { Entry } from './entry.ts'
import type { Sources } from './find-sources.ts'
import { KnownSources } from './known-sources.ts'
import { MemoryStore } from './memory-store.ts'
import { RedisStore } from './redis-store.ts'
import { compileRoutes, isShareable, keyOf, targetOf, wishOf } from './request-rules.ts'

export interface CacheCounts {
  /** Answered from what was kept. */
  hit: number
  /** Asked of the database for all who want it. */
  miss: number
  /** Under a name that is kept, and asked of the database for this request alone. */
  bypass: number
  /** Of what is kept in memory now. */
  bytes: number
}

export interface CachePorts {
  /** How the login connects that reads the log of changes. */
  readonly connect: () => Promise<ConnectionOptions>
  /** Makes the publication and adds tables to it, by oid. */
  readonly publish: (publication: string, tables: readonly number[]) => Promise<void>
  /** What becomes of requests is added here. */
  readonly counts: CacheCounts
}

/** What can be known of a request before it is run. */
export interface Described {
  /** Of the catalog it is planned with: the same on all nodes that know the same. */
  readonly schema: string
  /** Null when there is none. The same value for the same shape. */
  readonly plan: () => RunningPlan | null
}

export interface ResponseCache {
  /** `run` asks the database. */
  answer(
    scope: Scope,
    request: HttpRequest,
    described: Described,
    run: () => Promise<HttpResponse>,
  ): Promise<HttpResponse>
  close(): void
}

const publication = 'basalt_cache'

interface Flight {
  readonly lsn: bigint
  readonly entry: Promise<Entry | HttpResponse>
}

export interface CacheOptions {
  /** Where changes of the schema are announced. */
  readonly channel: string | null
  /** Whatever else decides what answers are like: nodes that differ in it share none. */
  readonly settings: unknown
}

export async function openResponseCache(
  project: Project,
  ports: CachePorts,
  { channel, settings }: CacheOptions,
): Promise<ResponseCache> {
  const { config, log, ref } = project
  const redisUrl = config['basalt.cache.store'] === 'redis' ? config['basalt.redis_url'] : null
  const ttlMs = config['basalt.cache.ttl']
  const prefix = `${config['basalt.redis_prefix']}${ref}:`
  const redis =
    redisUrl === null ? null : await RedisStore.open({ url: redisUrl, prefix, ttlMs, log })
  const variant = createHash('sha256').update(JSON.stringify(settings)).digest('base64url')
  const cache = new Cache(project, ports, redis, variant)
  await cache.listen(channel)
  return cache
}

class Cache implements ResponseCache {
  readonly #project: Project
  readonly #counts: CacheCounts
  readonly #variant: string
  readonly #redis: RedisStore | null
  readonly #memory: MemoryStore
  readonly #watch: ChangeWatch
  readonly #known: KnownSources
  readonly #isNamed: (path: string) => boolean
  readonly #config: Config
  readonly #headers: readonly string[]
  readonly #flights = new Map<string, Flight>()
  #schema = ''
  readonly #stopListening: (() => void)[] = []

  constructor(project: Project, ports: CachePorts, redis: RedisStore | null, variant: string) {
    const { config } = project
    this.#counts = ports.counts
    this.#variant = variant
    this.#project = project
    this.#redis = redis
    this.#config = config
    this.#memory = new MemoryStore(config['basalt.cache.max_size'])
    this.#isNamed = compileRoutes(config['basalt.cache.routes'])
    const tenant = config['basalt.tenancy.header'].toLowerCase()
    this.#headers = tenant === '' ? [] : [tenant]
    this.#watch = new ChangeWatch({
      project,
      connect: ports.connect,
      publication,
      onSchemaChange: () => this.#schemaChanged(this.#schema),
      prepare: () => {
        this.#known.forget()
        return ports.publish(publication, [])
      },
    })
    this.#known = new KnownSources({
      project,
      publish: (tables) => ports.publish(publication, tables),
      began: (tables) => this.#watch.began(tables),
    })
  }

  /** What is announced of the schema is of policies and functions too. */
  async listen(channel: string | null): Promise<void> {
    const changed = (): void => this.#schemaChanged(this.#schema)
    const channels = channel === null ? [publication] : [channel, publication]
    const listening = channels.map((name) => this.#project.apiDb.listen(name, changed, changed))
    for (const stop of await Promise.all(listening)) this.#stopListening.push(stop)
  }

  async answer(
    scope: Scope,
    request: HttpRequest,
    described: Described,
    run: () => Promise<HttpResponse>,
  ): Promise<HttpResponse> {
    if (described.schema !== this.#schema) this.#schemaChanged(described.schema)
    const { authentication } = scope
    if (!authentication.ok || authentication.caller.apiKeyId !== undefined) return run()
    if (!isShareable(request, authentication.caller, this.#isNamed)) return run()
    const answered = await this.#share(request, authentication.caller, described, run)
    this.#counts.bytes = this.#memory.bytes
    if (answered !== null) return answered
    this.#counts.bypass++
    return run()
  }

  /** Null: it is nobody else's. */
  async #share(
    request: HttpRequest,
    caller: Caller,
    described: Described,
    run: () => Promise<HttpResponse>,
  ): Promise<HttpResponse | null> {
    const wish = wishOf(request.headers)
    if (!wish.writes || !this.#watch.isCurrent) return null
    const target = targetOf(request, this.#headers)
    const sources = await this.#known.find(target, request.query, described.plan)
    if (sources === null || !this.#watch.isCurrent) return null
    const isSame = sources.isSameForRole && this.#config['basalt.tenancy.mode'] !== 'schema'
    const key = keyOf(target, caller, isSame)
    const audience = audienceOf(caller, isSame, this.#config)
    const found = wish.reads ? await this.#find(key, wish.maxAgeMs) : null
    if (found !== null) {
      this.#counts.hit++
      return answerFrom(found, request, audience, 'hit', this.#now())
    }
    // whoever joined one that failed asks himself, or joins one of those who do
    const made =
      (await this.#fly(key, sources, run, wish.reads)) ??
      (await this.#fly(key, sources, run, wish.reads))
    if (made === null) return null
    this.#counts.miss++
    return 'status' in made ? made : answerFrom(made, request, audience, 'fwd=miss', this.#now())
  }

  close(): void {
    for (const stop of this.#stopListening) stop()
    this.#known.close()
    this.#watch.close()
    this.#redis?.close()
  }

  #schemaChanged(schema: string): void {
    this.#schema = schema
    this.#known.forget()
    this.#watch.schemaChanged()
    this.#known.tidy()
  }

  #now(): number {
    return this.#project.clock.now()
  }

  async #find(key: string, maxAgeMs: number): Promise<Entry | null> {
    const near = this.#memory.get(key)
    if (near !== null) {
      if (this.#isFit(near, maxAgeMs)) return near
      this.#memory.delete(key)
    }
    const far = (await this.#redis?.get(this.#farKey(key))) ?? null
    // time has passed
    if (far === null || !this.#watch.isCurrent || !this.#isFit(far, maxAgeMs)) return null
    this.#memory.set(key, far)
    return far
  }

  #farKey(key: string): string {
    return `${this.#watch.timeline} ${this.#schema} ${this.#variant} ${key}`
  }

  #isFit({ lsn, tables, storedAt }: Entry, maxAgeMs: number): boolean {
    const age = this.#now() - storedAt
    if (age >= Math.min(this.#config['basalt.cache.ttl'], maxAgeMs)) return false
    return this.#watch.isValid(lsn, tables)
  }

  /** One asks the database for all who come meanwhile. Null: the one who asked has failed, which is not everybody's failure. */
  async #fly(
    key: string,
    sources: Sources,
    run: () => Promise<HttpResponse>,
    mayJoin: boolean,
  ): Promise<Entry | HttpResponse | null> {
    const other = this.#flights.get(key)
    if (mayJoin && other !== undefined && this.#watch.isValid(other.lsn, sources.tables)) {
      const made = await other.entry.catch(() => null)
      // an answer that is not kept is its asker's own
      return made === null || 'status' in made ? null : made
    }
    const lsn = this.#watch.settled
    const flight = { lsn, entry: this.#ask(key, sources, lsn, run) }
    this.#flights.set(key, flight)
    try {
      return await flight.entry
    } finally {
      if (this.#flights.get(key) === flight) this.#flights.delete(key)
    }
  }

  async #ask(
    key: string,
    { tables }: Sources,
    lsn: bigint,
    run: () => Promise<HttpResponse>,
  ): Promise<Entry | HttpResponse> {
    const response = await run()
    const made = { lsn, tables, storedAt: this.#now() }
    const entry = createEntry(response, made, this.#config['basalt.cache.max_entry_size'])
    if (entry === null) return response
    if (this.#watch.isCurrent && this.#watch.isValid(lsn, tables)) {
      this.#memory.set(key, entry)
      this.#redis?.set(this.#farKey(key), entry)
    }
    return entry
  }
}

function audienceOf({ role }: Caller, isSameForRole: boolean, config: Config): string {
  const seconds = Math.floor(config['basalt.cache.max_age'] / 1000)
  const isPublic = role === 'anon' && isSameForRole
  if (seconds === 0) return isPublic ? 'public, no-cache' : 'private, no-cache'
  return `${isPublic ? 'public' : 'private'}, max-age=${seconds}`
}
