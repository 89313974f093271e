/** Plans and their SQL by shape, for one catalog: what is asked again is neither planned nor rendered again. */
import type { Catalog, Leavings } from '#base/catalog'
import type { RunOptions } from '#base/db'
import { planRequest } from '#services/data-api/plan'
import type { DescribePlan, InfoPlan, PlanOptions, RunningPlan } from '#services/data-api/plan'
import type { ApiRequest } from '#services/data-api/request'
import { renderPlan } from '#services/data-api/sql'
import type { RenderedPlan } from '#services/data-api/sql'
import { BoundedCache } from '#base/kernel'
import { Volume } from './volume.ts'

export interface PreparedPlan {
  /** What the plan's SQL can leave in a session. */
  readonly leaves: NonNullable<RunOptions['leaves']>
  readonly plan: RunningPlan
  readonly rendered: RenderedPlan
  readonly volume: Volume
}

const capacity = 2_000
/** A longer shape is not worth its memory. */
const maxShapeLength = 8_192

export class PreparedPlans {
  readonly catalog: Catalog
  readonly #options: PlanOptions
  readonly #plans = new BoundedCache<string, PreparedPlan>(capacity)

  /** What the project's SQL can leave in a session at all. */
  readonly mostLeft: PreparedPlan['leaves']
  /** What is called before each plan can leave. */
  readonly #leftFirst: PreparedPlan['leaves']

  constructor(catalog: Catalog, options: PlanOptions, callsFirst: boolean) {
    this.catalog = catalog
    this.#options = options
    const { any, prepared } = catalog.data.leavings
    this.mostLeft = any ? (prepared ? 'anything' : 'settings') : 'nothing'
    this.#leftFirst = callsFirst ? this.mostLeft : 'nothing'
  }

  /** The plan of a shape met before, or null. */
  find(request: ApiRequest): PreparedPlan | null {
    return this.#plans.get(request.shape) ?? null
  }

  /** Plans and renders; throws the plan stage's errors. */
  prepare(request: ApiRequest): PreparedPlan | InfoPlan | DescribePlan {
    const plan = planRequest(request, this.catalog, this.#options)
    if (plan.kind === 'info' || plan.kind === 'describe') return plan
    const prepared = {
      plan,
      rendered: renderPlan(plan),
      volume: new Volume(plan),
      leaves: canLeave(plan, this.catalog.data.leavings) ? this.mostLeft : this.#leftFirst,
    }
    if (request.shape.length <= maxShapeLength) this.#plans.set(request.shape, prepared)
    return prepared
  }
}

/** Decides whether the session is emptied behind the plan; what cannot leave anything need not pay for it. */
function canLeave(plan: RunningPlan, { reads, writes }: Leavings): boolean {
  if (plan.kind === 'call') return plan.routine.leaves
  return plan.kind === 'read' ? reads : reads || writes
}
