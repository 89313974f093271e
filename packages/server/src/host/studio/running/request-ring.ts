/** The requests a project was sent lately: so many, and no more. */
import type { WatchedRequest } from '#base/service'

export interface LoggedRequest extends WatchedRequest {
  /** Counts up. */
  readonly seq: number
}

export interface RequestFilter {
  /** `200`, or `5xx`. */
  readonly status?: string
  readonly method?: string
  /** Of the path. */
  readonly text?: string
  readonly userId?: string
  readonly minMs?: number
  readonly before?: number
  readonly after?: number
}

const maxRequests = 5_000
const maxText = 1_000
const maxWaiting = 100

export class RequestRing {
  readonly #requests: LoggedRequest[] = []
  /** Where the oldest is, once all places are taken. */
  #start = 0
  #seq = 0
  #waiting: (() => void)[] = []

  get last(): number {
    return this.#seq
  }

  /** Behind this one none was lost. */
  get first(): number {
    return this.#seq - this.#requests.length + 1
  }

  add(request: WatchedRequest): void {
    const seq = ++this.#seq
    const kept = { ...request, ...short(request), seq }
    if (this.#requests.length < maxRequests) this.#requests.push(kept)
    else {
      this.#requests[this.#start] = kept
      this.#start = (this.#start + 1) % maxRequests
    }
    if (this.#waiting.length === 0) return
    for (const wake of this.#waiting.splice(0)) wake()
  }

  /** The newest first. */
  list(filter: RequestFilter, limit: number): LoggedRequest[] {
    const found: LoggedRequest[] = []
    for (let back = 1; back <= this.#requests.length && found.length < limit; back++) {
      const request = this.#at(this.#requests.length - back)
      if (filter.after !== undefined && request.seq <= filter.after) break
      if (matches(request, filter)) found.push(request)
    }
    return found
  }

  find(id: string): LoggedRequest | null {
    return this.list({}, maxRequests).find((request) => request.id === id) ?? null
  }

  /** Resolves with the next request, after `ms` at the latest. Returns how to give up. */
  wait(ms: number): { readonly done: Promise<void>; cancel(): void } {
    let cancel = (): void => {}
    const done = new Promise<void>((resolve) => {
      // who waits longest is let go
      if (this.#waiting.length >= maxWaiting) this.#waiting.shift()?.()
      const timer = setTimeout(() => cancel(), ms)
      timer.unref()
      cancel = () => {
        clearTimeout(timer)
        this.#waiting = this.#waiting.filter((other) => other !== cancel)
        resolve()
      }
      this.#waiting.push(cancel)
    })
    return { done, cancel: () => cancel() }
  }

  #at(index: number): LoggedRequest {
    return this.#requests[(this.#start + index) % this.#requests.length] as LoggedRequest
  }
}

/** Only the data API’s query is no secret. */
function short({ path, query, route, userAgent, userId, id }: WatchedRequest) {
  const isShown = route === '/rest/v1' && !/apikey|token/i.test(query)
  return {
    id: beginningOf(id, 128),
    path: beginningOf(path, maxText),
    query: isShown ? beginningOf(query, maxText) : '',
    userAgent: beginningOf(userAgent, 200),
    userId: userId === null ? null : beginningOf(userId, 200),
  }
}

/** A copy: a part of a text keeps all of it, here the head of the request. */
function beginningOf(text: string, length: number): string {
  return Buffer.from(text.slice(0, length), 'utf16le').toString('utf16le')
}

function matches(request: LoggedRequest, filter: RequestFilter): boolean {
  const { status, method, text, userId, minMs, before } = filter
  if (before !== undefined && request.seq >= before) return false
  if (status !== undefined && !isOfStatus(request.status, status)) return false
  if (method !== undefined && request.method !== method) return false
  if (userId !== undefined && request.userId !== userId) return false
  if (minMs !== undefined && request.ms < minMs) return false
  return text === undefined || `${request.path}?${request.query}`.includes(text)
}

function isOfStatus(status: number, wanted: string): boolean {
  return wanted.endsWith('xx')
    ? Math.floor(status / 100) === Number(wanted[0])
    : status === Number(wanted)
}
