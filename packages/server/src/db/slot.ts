/** A place on a connection, and which one a request gets. */
import type { Connection } from './connection.ts'

export class Slot {
  readonly connection: Connection
  /** Held by one user; nobody else may send on it. */
  exclusive = false
  /** In `performance.now()` ms. */
  idleSince = performance.now()

  constructor(connection: Connection) {
    this.connection = connection
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
  let idle: Slot | null = null
  let leastLoaded: Slot | null = null
  let sharing = 0
  for (const slot of slots) {
    const { connection } = slot
    if (slot.exclusive || connection.isClosed || connection.isCancelling) continue
    if (connection.inFlight === 0) idle ??= slot
    else {
      sharing++
      if (leastLoaded === null || connection.inFlight < leastLoaded.connection.inFlight)
        leastLoaded = slot
    }
  }
  if (!wish.shared) return idle
  const mayShareMore = Math.min(wish.sharedConnections, Math.max(1, wish.max - 1))
  if (idle !== null && sharing < mayShareMore && !(wish.othersWait && sharing > 0)) return idle
  if (wish.othersWait && sharing === wish.max) return null
  return leastLoaded !== null && leastLoaded.connection.inFlight < wish.depth ? leastLoaded : null
}
