/**
 * The cache of one project on one node. An answer is kept with the position of the log that its statements saw, and is
 * valid as long as no table behind it has changed since: the same rule in memory and in Redis, on every node.
 */
import { createHash } from 'node:crypto'
import type { Config } from '#base/config'
import type { ConnectionOptions } from '#base/db'
import type { HttpRequest, HttpResponse } from '#base/http'
import { BoundedCache } from '#base/kernel'
import type { Caller, Project, Scope } from '#base/service'
import type { RunningPlan } from '#services/data-api/plan'
import { answerFrom } from './answer-from.ts'
import { ChangeWatch } from './change-watch.ts'
import { createEntry } from './entry.ts'
import type { Entry } from './entry.ts'
import { findSources } from './find-sources.ts'
import type { Sources } from './find-sources.ts'
import { namesMovingTime } from './judge-source.ts'
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

export const publication = 'basalt_cache'
const maxTargets = 5_000
const maxTargetLength = 1_000
/** Requests wait so long for what is found out once about their shape. */
const patienceMs = 1_000
/** Shapes looked through at a time: whoever makes up thousands has their answers from the database, and leaves it to others. */
const maxFinding = 4
/** One change of the schema is many statements. */
const tidyMs = 50

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
  readonly #ports: CachePorts
  readonly #counts: CacheCounts
  readonly #variant: string
  readonly #redis: RedisStore | null
  readonly #memory: MemoryStore
  readonly #watch: ChangeWatch
  readonly #isNamed: (path: string) => boolean
  readonly #config: Config
  readonly #headers: readonly string[]
  #sources = new WeakMap<RunningPlan, Promise<Sources | null>>()
  readonly #targets = new BoundedCache<string, Sources | null>(maxTargets)
  readonly #flights = new Map<string, Flight>()
  readonly #told = new Set<string>()
  #published = new Set<number>()
  #finding = 0
  #tidying: NodeJS.Timeout | null = null
  #schema = ''
  readonly #stopListening: (() => void)[] = []

  constructor(project: Project, ports: CachePorts, redis: RedisStore | null, variant: string) {
    const { config } = project
    this.#counts = ports.counts
    this.#variant = variant
    this.#project = project
    this.#ports = ports
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
        this.#forget()
        return ports.publish(publication, [])
      },
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
    const sources = await this.#sourcesOf(target, request.query, described.plan)
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
    if (this.#tidying !== null) clearTimeout(this.#tidying)
    this.#watch.close()
    this.#redis?.close()
  }

  #schemaChanged(schema: string): void {
    this.#schema = schema
    this.#forget()
    this.#watch.schemaChanged()
    this.#tidy()
  }

  /** A table that has lost its key cannot be updated until it is taken out of the publication. */
  #tidy(): void {
    this.#tidying ??= setTimeout(() => {
      this.#tidying = null
      this.#ports.publish(publication, []).catch((error: unknown) =>
        this.#project.log.warn('the publication of the cache could not be looked through', {
          error: String(error),
        }),
      )
    }, tidyMs)
  }

  #now(): number {
    return this.#project.clock.now()
  }

  #forget(): void {
    this.#published = new Set()
    this.#sources = new WeakMap()
    this.#targets.clear()
    this.#told.clear()
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

  async #sourcesOf(
    target: string,
    query: string,
    describe: () => RunningPlan | null,
  ): Promise<Sources | null> {
    const known = this.#targets.get(target)
    if (known !== undefined) return known
    const plan = namesMovingTime(query) ? null : describe()
    if (plan === null) return null
    const before = this.#sources
    let finding = before.get(plan)
    if (finding === undefined) {
      if (this.#finding >= maxFinding) return null
      finding = this.#findSources(plan).catch((error: unknown) => {
        this.#project.log.warn('what an answer is made of could not be found', {
          error: String(error),
        })
        before.delete(plan)
        return null
      })
      before.set(plan, finding)
      this.#finding++
      void finding.finally(() => this.#finding--)
    }
    const found = await withPatience(finding)
    // definitions may have changed meanwhile
    if (found === undefined || this.#sources !== before) return null
    if (target.length < maxTargetLength) this.#targets.set(target, found)
    return found
  }

  async #findSources(plan: RunningPlan): Promise<Sources | null> {
    if (plan.kind === 'mutation' || plan.explain !== null) return null
    if (plan.kind === 'call' && plan.routine.volatility === 'volatile')
      return this.#refuse(plan.routine.name, 'the function is volatile')
    const { source } = plan.tree
    const isRelation = plan.kind === 'read' && source.kind === 'relation'
    const relation = isRelation ? `${source.name.schema}.${source.name.name}` : null
    const found = await findSources(this.#project, plan, relation)
    if ('refusal' in found)
      return this.#refuse(
        relation ?? (plan.kind === 'call' ? plan.routine.name : '?'),
        found.refusal,
      )
    const fresh = found.tables.filter((table) => !this.#published.has(table))
    if (fresh.length > 0) {
      await this.#ports.publish(publication, fresh)
      await this.#watch.began(fresh)
      for (const table of fresh) this.#published.add(table)
    }
    return found
  }

  #refuse(route: string, reason: string): null {
    if (!this.#told.has(route)) this.#project.log.warn('an answer is not cached', { route, reason })
    this.#told.add(route)
    return null
  }
}

function audienceOf({ role }: Caller, isSameForRole: boolean, config: Config): string {
  const seconds = Math.floor(config['basalt.cache.max_age'] / 1000)
  const isPublic = role === 'anon' && isSameForRole
  if (seconds === 0) return isPublic ? 'public, no-cache' : 'private, no-cache'
  return `${isPublic ? 'public' : 'private'}, max-age=${seconds}`
}

/** Undefined when it takes too long. */
async function withPatience<T>(work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), patienceMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
