/** A place on a connection, and which one a request gets. */
import type { Connection } from './connection.ts'
import type { Use } from './connection-shares.ts'

/** Of the latest pipeline in the pace. */
const paceShare = 0.2
/** What was slow gets another chance: its pace counts half after this long without use. */
const forgottenHalfMs = 5

export class Slot {
  readonly connection: Connection
  /** Held by one user; nobody else may send on it. */
  exclusive = false
  /** What for, and whose, while it is held. */
  use: Use = 'shared'
  role = ''
  /** In `performance.now()` ms. */
  idleSince = performance.now()
  /** In `performance.now()` ms. */
  readonly openedAt = performance.now()
  /** Old: it gets no more, and is closed when it has done what it has. */
  isRetired = false

  /** Of one pipeline, lately. A backend that shares its processor with others is slower than its neighbour. */
  #paceMs = 0

  constructor(connection: Connection) {
    this.connection = connection
  }

  /** A pipeline took this long since the one before it, or since it was sent. */
  learn(ms: number): void {
    this.#paceMs += (ms - this.#paceMs) * paceShare
  }

  /** How long a pipeline sent now would take, those before it included. */
  expectedMs(nowMs: number): number {
    const { inFlight } = this.connection
    if (inFlight > 0) return (inFlight + 1) * this.#paceMs
    return this.#paceMs * 0.5 ** ((nowMs - this.idleSince) / forgottenHalfMs)
  }

  get isBusy(): boolean {
    return this.exclusive || this.connection.inFlight > 0
  }
}

export interface Wish {
  readonly shared: boolean
  readonly depth: number
  readonly max: number
  /** Connections that are shared, at most. */
  readonly sharedConnections: number
  /** Requests that want a connection to themselves are waiting. */
  readonly othersWait: boolean
}

/** The slot for a request, or null when it has to wait for one. */
export function pickSlot(slots: readonly Slot[], wish: Wish): Slot | null {
  if (wish.shared) return pickShared(slots, wish)
  return slots.find((slot) => isUsable(slot) && slot.connection.inFlight === 0) ?? null
}

function isUsable({ exclusive, connection, isRetired }: Slot): boolean {
  return !exclusive && !isRetired && !connection.isClosed && !connection.isCancelling
}

/**
 * The one that will be done first, not the one with the fewest in flight: half of the requests would wait behind a
 * backend that gets little of its processor (20 rows with an embed on two processors: p99 14.3 ms, so 6.8).
 */
function pickShared(slots: readonly Slot[], wish: Wish): Slot | null {
  let idle: Slot | null = null
  let soonest: Slot | null = null
  let soonestMs = Number.POSITIVE_INFINITY
  let sharing = 0
  const nowMs = performance.now()
  for (const slot of slots) {
    if (!isUsable(slot)) continue
    if (slot.connection.inFlight === 0) {
      idle ??= slot
      continue
    }
    sharing++
    const ms = slot.expectedMs(nowMs)
    if (slot.connection.inFlight >= wish.depth || ms >= soonestMs) continue
    soonest = slot
    soonestMs = ms
  }
  const mayShareMore = Math.min(wish.sharedConnections, Math.max(1, wish.max - 1))
  if (idle !== null && sharing < mayShareMore && !(wish.othersWait && sharing > 0)) {
    if (soonest === null || idle.expectedMs(nowMs) < soonestMs) return idle
  }
  return wish.othersWait && sharing === wish.max ? null : soonest
}
