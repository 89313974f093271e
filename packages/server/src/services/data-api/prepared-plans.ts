/** Plans and their SQL by shape, for one catalog: what is asked again is neither planned nor rendered again. */
import type { Catalog } from '#base/catalog'
import { planRequest } from '#services/data-api/plan'
import type { DescribePlan, InfoPlan, PlanOptions, RunningPlan } from '#services/data-api/plan'
import type { ApiRequest } from '#services/data-api/request'
import { renderPlan } from '#services/data-api/sql'
import type { RenderedPlan } from '#services/data-api/sql'
import { BoundedCache } from '#base/kernel'
import { Volume } from './volume.ts'

export interface PreparedPlan {
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

  constructor(catalog: Catalog, options: PlanOptions) {
    this.catalog = catalog
    this.#options = options
  }

  /** The plan of a shape met before, or null. */
  find(request: ApiRequest): PreparedPlan | null {
    return this.#plans.get(request.shape) ?? null
  }

  /** Plans and renders; throws the plan stage's errors. */
  prepare(request: ApiRequest): PreparedPlan | InfoPlan | DescribePlan {
    const plan = planRequest(request, this.catalog, this.#options)
    if (plan.kind === 'info' || plan.kind === 'describe') return plan
    const prepared = { plan, rendered: renderPlan(plan), volume: new Volume(plan) }
    if (request.shape.length <= maxShapeLength) this.#plans.set(request.shape, prepared)
    return prepared
  }
}
