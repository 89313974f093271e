/** What the pool needs of a worker, whatever it runs in. */
import type { HttpResponse } from '#base/http'
import type { Upgrade } from '#base/service'
import type { RunnableFunction } from '#services/functions/core'
import type { WorkerCall } from './worker-client.ts'

export type StopReason = 'early_drop' | 'wall_clock' | 'termination'

export interface FunctionWorker {
  readonly fn: RunnableFunction
  /** Calls under way. */
  readonly active: number
  /** When the last one ended. */
  readonly idleSinceMs: number
  /** May take further calls. */
  readonly isUsable: boolean
  /** Has calls under way, or work that goes on behind them. */
  readonly isBusy: boolean
  /** @throws CallFailure, or what the caller's own request failed with */
  call(call: WorkerCall): Promise<HttpResponse>
  /** @throws CallFailure */
  upgrade(call: WorkerCall): Promise<Upgrade>
  /** Called when a call has ended, streams included. */
  onEnd: () => void
  /** Takes no further calls. */
  retire(): void
  /** Looks at what it uses; to be called often. */
  watch(nowMs: number): void
  /** Resolves when it is gone. */
  stop(reason: StopReason): Promise<void>
}

/** Resolves when it can be called. @throws CallFailure */
export type StartWorker = (fn: RunnableFunction) => Promise<FunctionWorker>
