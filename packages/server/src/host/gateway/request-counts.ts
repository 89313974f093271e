/** How many requests, how they ended and how long they took: counted here, read by Prometheus. prom-client's own counting took 2 % of a request. */
import type { Registry } from 'prom-client'
import { register } from './register-metric.ts'
import type { Sample } from './register-metric.ts'

export interface ObservedRequest {
  readonly method: string
  readonly route: string
  readonly status: number
  readonly project: string
  readonly durationMs: number
}

/** Requests alike in all that is told apart. */
class Count {
  readonly method: string
  readonly route: string
  readonly status: number
  readonly project: string
  requests = 0
  totalMs = 0
  /** By the first bound of `boundsMs` they do not pass; the last are those that pass all. */
  readonly byBound = boundsMs.map(() => 0).concat(0)

  constructor({ method, route, status, project }: ObservedRequest) {
    this.method = method
    this.route = route
    this.status = status
    this.project = project
  }

  matches({ method, route, status, project }: ObservedRequest): boolean {
    return (
      this.status === status &&
      this.method === method &&
      this.route === route &&
      this.project === project
    )
  }

  add(durationMs: number): void {
    this.requests++
    this.totalMs += durationMs
    let at = 0
    while (at < boundsMs.length && durationMs > (boundsMs[at] as number)) at++
    this.byBound[at] = (this.byBound[at] as number) + 1
  }
}

const boundsMs = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000]
const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

export class RequestCounts {
  readonly #counts = new Map<string, Count>()
  /** How often each project is open: one that is opened anew is, beside the old one, twice. */
  readonly #open = new Map<string, number>()
  #latest: Count | null = null

  /** Counts requests of `project` under its name, until what comes back is called: then they are forgotten. */
  watch(project: string): () => void {
    this.#open.set(project, (this.#open.get(project) ?? 0) + 1)
    return () => {
      const left = (this.#open.get(project) ?? 0) - 1
      if (left > 0) this.#open.set(project, left)
      else this.#forget(project)
    }
  }

  observe(request: ObservedRequest): void {
    // the next request is mostly like the one before
    let count = this.#latest
    if (count === null || !count.matches(request)) count = this.#latest = this.#find(request)
    count.add(request.durationMs)
  }

  registerWith(registry: Registry): void {
    register(registry, {
      name: 'http_requests_total',
      help: 'Requests answered',
      type: 'counter',
      values: () => [...this.#counts.values()].map(totalOf),
    })
    register(registry, {
      name: 'http_request_duration_seconds',
      help: 'Time from the request to its answer',
      type: 'histogram',
      values: () => durationsOf(this.#counts.values()),
    })
  }

  #find(request: ObservedRequest): Count {
    const method = knownMethods.has(request.method) ? request.method : 'OTHER'
    // one that took longer than its project was open is nobody's
    const project = this.#open.has(request.project) ? request.project : ''
    const key = `${method} ${request.route} ${request.status} ${project}`
    let count = this.#counts.get(key)
    if (count === undefined)
      this.#counts.set(key, (count = new Count({ ...request, method, project })))
    return count
  }

  #forget(project: string): void {
    this.#open.delete(project)
    this.#latest = null
    for (const [key, count] of this.#counts) if (count.project === project) this.#counts.delete(key)
  }
}

function totalOf({ method, route, status, project, requests }: Count): Sample {
  return { labels: { method, route, status, project }, value: requests }
}

/** Whatever their status. */
function durationsOf(counts: Iterable<Count>): Sample[] {
  const merged = new Map<string, Count[]>()
  for (const count of counts) {
    const key = `${count.method} ${count.route} ${count.project}`
    const alike = merged.get(key)
    if (alike === undefined) merged.set(key, [count])
    else alike.push(count)
  }
  return [...merged.values()].flatMap(histogramOf)
}

function histogramOf(counts: readonly Count[]): Sample[] {
  const { method, route, project } = counts[0] as Count
  const labels = { method, route, project }
  const sum = (pick: (count: Count) => number): number =>
    counts.reduce((total, count) => total + pick(count), 0)
  const name = 'http_request_duration_seconds'
  const requests = sum((count) => count.requests)
  let below = 0
  const buckets = boundsMs.map((bound, at) => {
    below += sum((count) => count.byBound[at] as number)
    return { metricName: `${name}_bucket`, labels: { ...labels, le: bound / 1000 }, value: below }
  })
  return [
    ...buckets,
    { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: requests },
    { metricName: `${name}_sum`, labels, value: sum((count) => count.totalMs) / 1000 },
    { metricName: `${name}_count`, labels, value: requests },
  ]
}
