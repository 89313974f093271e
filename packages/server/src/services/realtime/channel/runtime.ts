/** What all connections of a project share. */
import type { Clock, JsonObject } from '#base/kernel'
import type { Project } from '#base/service'
import { RateCounter } from '#services/realtime/core'
import type { Member } from '#services/realtime/core'
import { ChangeFrames } from './change-frames.ts'
import type { ChangePosition } from './change-position.ts'
import type { Hub, TopicCount } from './hub.ts'
import type { RealtimeSocket } from './socket.ts'

/** Where changes of rows come from. */
export interface ChangeSource {
  /** Changes and messages of the database are followed until the function is called. */
  hold(): () => void
  /** Null once they are, or why they cannot be. Waits no longer than `timeoutMs`. */
  ready(timeoutMs: number): Promise<string | null>
  subscribe(request: ChangeRequest): Promise<ChangeSubscription>
  /** Of the newest change that was read. */
  readonly position: ChangePosition
  /** Everything up to there has been sent to everybody. */
  readonly sentPosition: ChangePosition
  /** As clients are told it. */
  printPosition(position: ChangePosition): string
  /** Null for what is none. */
  parsePosition(text: string): ChangePosition | null
  /**
   * Sends the requests' listeners what was read behind `after`; resolves with up to where, or null when it can no longer
   * be had. Rejects when the database cannot be asked.
   */
  sendAgain(
    requests: readonly ChangeRequest[],
    after: ChangePosition,
    how: SendAgain,
  ): Promise<ChangePosition | null>
}

export interface SendAgain {
  readonly isOver: () => boolean
  /** Rows must be visible as they were written, and now. */
  readonly mustSeeNow: boolean
}

export interface ChangeRequest {
  /** As the client sent them. */
  readonly params: JsonObject
  readonly id: number
  readonly member: Member
  readonly listener: ChangeListener
}

export interface ChangeListener {
  /** `data` is JSON text, the same string for all who see the same. */
  onChange(ids: readonly number[], type: string, data: string, position: ChangePosition): void
  /** Changes are missing; later ones arrive. */
  onLoss(message: string): void
  /** The subscriptions of this listener are over. */
  onFailure(message: string): void
}

export type ChangeSubscription =
  | { readonly ok: true; readonly end: () => void }
  | { readonly ok: false; readonly message: string }

export interface RealtimeStats {
  /** Open connections. */
  connections: number
  /** Closed because they did not read. */
  dropped: number
  /** Connections with a channel. */
  users: number
  /** Joined channels. */
  channels: number
  /** Changes sent, one for each channel. */
  changesSent: number
  /** Broadcasts, one for each channel that heard them. */
  broadcastsSent: number
  /** What Postgres has written and we have not yet passed on. */
  lagBytes: number
  /** Channels of this node, those with most listeners first. */
  topics: (limit: number) => readonly TopicCount[]
}

export interface RealtimeRuntime {
  readonly project: Project
  readonly hub: Hub
  readonly changes: ChangeSource
  readonly stats: RealtimeStats
  readonly changeFrames: ChangeFrames
  readonly sockets: Set<RealtimeSocket>
  readonly events: RateCounter
  readonly joins: RateCounter
  readonly presenceEvents: RateCounter
}

export function createRuntime(
  project: Project,
  changes: ChangeSource,
  hub: Hub,
  stats: RealtimeStats,
): RealtimeRuntime {
  const { clock }: { clock: Clock } = project
  return {
    project,
    hub,
    changes,
    stats,
    changeFrames: new ChangeFrames(),
    sockets: new Set(),
    events: new RateCounter(clock),
    joins: new RateCounter(clock),
    presenceEvents: new RateCounter(clock),
  }
}
