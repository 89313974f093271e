/** What answers are made of, found out once for each shape, and the tables of it that are followed. */
import { BoundedCache } from '#base/kernel'
import type { Project } from '#base/service'
import type { RunningPlan } from '#services/data-api/plan'
import { findSources } from './find-sources.ts'
import type { Sources } from './find-sources.ts'
import { namesMovingTime } from './judge-source.ts'

export interface KnownSourcesOptions {
  readonly project: Project
  /** Changes of these tables are told of, by oid; those that cannot be followed any more are taken out. */
  readonly publish: (tables: readonly number[]) => Promise<void>
  /** Resolves when changes of these tables are heard. */
  readonly began: (tables: readonly number[]) => Promise<void>
}

const maxTargets = 5_000
const maxTargetLength = 1_000
/** Requests wait so long for what is found out once about their shape. */
const patienceMs = 1_000
/** Shapes looked through at a time: whoever makes up thousands has their answers from the database, and leaves it to others. */
const maxFinding = 4
/** One change of the schema is many statements. */
const tidyMs = 50

export class KnownSources {
  readonly #options: KnownSourcesOptions
  #sources = new WeakMap<RunningPlan, Promise<Sources | null>>()
  readonly #targets = new BoundedCache<string, Sources | null>(maxTargets)
  readonly #told = new Set<string>()
  #published = new Set<number>()
  #finding = 0
  #tidying: NodeJS.Timeout | null = null

  constructor(options: KnownSourcesOptions) {
    this.#options = options
  }

  /** Null: what it is made of is not known yet, or it must not be kept. */
  async find(
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
        this.#options.project.log.warn('what an answer is made of could not be found', {
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
    const { project, publish, began } = this.#options
    const { source } = plan.tree
    const isRelation = plan.kind === 'read' && source.kind === 'relation'
    const relation = isRelation ? `${source.name.schema}.${source.name.name}` : null
    const found = await findSources(project, plan, relation)
    if ('refusal' in found)
      return this.#refuse(
        relation ?? (plan.kind === 'call' ? plan.routine.name : '?'),
        found.refusal,
      )
    const fresh = found.tables.filter((table) => !this.#published.has(table))
    if (fresh.length > 0) {
      await publish(fresh)
      await began(fresh)
      for (const table of fresh) this.#published.add(table)
    }
    return found
  }

  /** Definitions may be others. */
  forget(): void {
    this.#published = new Set()
    this.#sources = new WeakMap()
    this.#targets.clear()
    this.#told.clear()
  }

  /** A table that has lost its key cannot be updated until it is taken out of the publication. */
  tidy(): void {
    this.#tidying ??= setTimeout(() => {
      this.#tidying = null
      this.#options.publish([]).catch((error: unknown) =>
        this.#options.project.log.warn('the publication of the cache could not be looked through', {
          error: String(error),
        }),
      )
    }, tidyMs)
  }

  close(): void {
    if (this.#tidying !== null) clearTimeout(this.#tidying)
  }

  #refuse(route: string, reason: string): null {
    if (!this.#told.has(route))
      this.#options.project.log.warn('an answer is not cached', { route, reason })
    this.#told.add(route)
    return null
  }
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
