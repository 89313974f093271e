/** Requests as they come: asked for by long poll, painted at most four times a second, the latest 5000 kept. */
import { useEffect, useReducer, useRef } from 'react'
import { call, projectPath } from '#studio/api'
import type { Query } from '#studio/api'

export interface LogRequest {
  readonly seq: number
  readonly id: string
  readonly at: string
  readonly method: string
  readonly path: string
  readonly query: string
  readonly status: number
  readonly ms: number
  /** The service: `/rest/v1`. */
  readonly route: string
  readonly user_id: string | null
  /** Empty for calls of the server itself. */
  readonly ip: string
  readonly user_agent: string
}

interface LogPage {
  readonly requests: readonly LogRequest[]
  readonly last: number
  readonly dropped: number
  readonly since: string | null
}

export interface Tail {
  /** The newest first. */
  readonly requests: readonly LogRequest[]
  /** Came while it was paused: shown when it goes on. */
  readonly waiting: readonly LogRequest[]
  readonly dropped: number
  readonly since: string | null
  readonly isLoaded: boolean
  /** Whether the server has older ones. */
  readonly hasOlder: boolean
  readonly error: unknown
}

const maxLines = 5_000
const pageSize = 1_000
const paintMs = 250
const retryMs = 2_000

const nothing: Tail = {
  requests: [],
  waiting: [],
  dropped: 0,
  since: null,
  isLoaded: false,
  hasOlder: false,
  error: null,
}

type Step =
  | { readonly kind: 'begin' }
  | { readonly kind: 'first' | 'more' | 'older'; readonly page: LogPage; readonly lost: number }
  | { readonly kind: 'pause' | 'resume' | 'clear' }
  | { readonly kind: 'failed'; readonly error: unknown }

interface State extends Tail {
  readonly isPaused: boolean
}

function reduce(state: State, step: Step): State {
  switch (step.kind) {
    case 'begin':
      return { ...nothing, isPaused: state.isPaused, since: state.since }
    case 'first': {
      const { requests, since } = step.page
      return {
        ...state,
        requests,
        since,
        isLoaded: true,
        hasOlder: requests.length === pageSize,
        error: null,
      }
    }
    case 'more': {
      const dropped = state.dropped + step.lost
      const { since } = step.page
      if (step.page.requests.length === 0)
        return state.error === null && state.since === since
          ? state
          : { ...state, since, error: null }
      const into = state.isPaused ? state.waiting : state.requests
      const all = [...step.page.requests, ...into].slice(0, maxLines)
      return state.isPaused
        ? { ...state, waiting: all, dropped, since, error: null }
        : { ...state, requests: all, dropped, since, error: null }
    }
    case 'older': {
      const all = [...state.requests, ...step.page.requests].slice(0, maxLines)
      const hasOlder = step.page.requests.length === pageSize && all.length < maxLines
      return { ...state, requests: all, hasOlder }
    }
    case 'pause':
      return state.isPaused ? state : { ...state, isPaused: true }
    case 'resume': {
      const requests = [...state.waiting, ...state.requests].slice(0, maxLines)
      return { ...state, isPaused: false, requests, waiting: [] }
    }
    case 'clear':
      return { ...state, requests: [], waiting: [], dropped: 0, hasOlder: false }
    case 'failed':
      return { ...state, isLoaded: true, error: step.error }
  }
}

export interface UsedTail extends Tail {
  readonly isPaused: boolean
  readonly pause: () => void
  readonly resume: () => void
  readonly clear: () => void
  readonly loadOlder: () => void
}

/** `filter` as the server takes it; another one begins anew. */
export function useLogTail(ref: string, filter: Query): UsedTail {
  const [state, step] = useReducer(reduce, { ...nothing, isPaused: false })
  const key = JSON.stringify(filter)
  const query = useRef(filter)
  query.current = filter
  useEffect(() => {
    const gone = new AbortController()
    step({ kind: 'begin' })
    void follow(ref, JSON.parse(key) as Query, step, gone.signal)
    return () => gone.abort()
  }, [ref, key])
  const loadOlder = (): void => {
    const before = state.requests.at(-1)?.seq
    void call<LogPage>('GET', projectPath(ref, 'logs'), {
      query: { ...query.current, before, limit: pageSize },
    }).then(
      (page) => step({ kind: 'older', page, lost: 0 }),
      (error: unknown) => step({ kind: 'failed', error }),
    )
  }
  return {
    ...state,
    pause: () => step({ kind: 'pause' }),
    resume: () => step({ kind: 'resume' }),
    clear: () => step({ kind: 'clear' }),
    loadOlder,
  }
}

async function follow(
  ref: string,
  filter: Query,
  step: (step: Step) => void,
  signal: AbortSignal,
): Promise<void> {
  let last: number | null = null
  while (!signal.aborted) {
    const begun = performance.now()
    try {
      const isFirst = last === null
      const query: Query = isFirst
        ? { ...filter, limit: pageSize }
        : { ...filter, after: last ?? 0, limit: pageSize, wait_ms: 20_000 }
      const path = projectPath(ref, isFirst ? 'logs' : 'logs/stream')
      const page = await call<LogPage>('GET', path, { query, signal })
      if (signal.aborted) return
      step({ kind: isFirst ? 'first' : 'more', page, lost: isFirst ? 0 : lostOf(page, last ?? 0) })
      // the server began anew: its count too
      last = last !== null && page.last < last ? null : page.last
      // of a project that is not open on this node nothing is kept, and nothing waited for
      await pause(page.since === null ? retryMs : paintMs - (performance.now() - begun), signal)
    } catch (error) {
      if (signal.aborted) return
      step({ kind: 'failed', error })
      await pause(retryMs, signal)
    }
  }
}

/** What the server no longer has, and what one page had no room for. */
function lostOf({ requests, dropped }: LogPage, after: number): number {
  const oldest = requests.at(-1)
  if (requests.length < pageSize || oldest === undefined) return dropped
  return Math.max(dropped, oldest.seq - 1 - after)
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
