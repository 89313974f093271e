/** What the processes of a node say to each other. */
import type { MetricsSnapshot } from '#host/gateway'

export type FromWorker =
  | {
      readonly type: 'ready'
      readonly url: string
      readonly port: number
      readonly studioUrl: string | null
    }
  /** It will end: the reason is for people. */
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'metrics'; readonly id: number; readonly snapshot: MetricsSnapshot }

export interface ToWorker {
  readonly type: 'metrics'
  readonly id: number
}
