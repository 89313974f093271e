/** A node that has only begun to listen knows nothing of before; when somebody comes back for it, it reads that once. */
import type { ChangePosition } from '#services/realtime/channel'
import { isAfter } from '#services/realtime/channel'
import { readPast } from '#services/realtime/log'
import type { PastOptions } from '#services/realtime/log'
import type { History } from './history.ts'
import { LogReader } from './log-reader.ts'
import type { LogReaderOptions } from './log-reader.ts'

/** No change of before is for who is here. */
const never = 2n ** 64n

export interface WidenOptions extends Omit<PastOptions, 'upTo' | 'onBegin' | 'onMessage'> {
  readonly createHistory: () => History
  readonly reader: Pick<LogReaderOptions, 'hub' | 'subscriptions' | 'delivery'>
}

export class HistoryWidener {
  readonly #options: WidenOptions
  /** The beginnings that were tried. */
  readonly #tried = new WeakMap<ChangePosition, Promise<void>>()

  constructor(options: WidenOptions) {
    this.#options = options
  }

  /** Does nothing where `history` reaches back to `after`, or has done so once. */
  async reachBack(history: History, after: ChangePosition): Promise<void> {
    const { begun } = history
    if (begun === null || !isAfter(begun, after)) return
    const tried = this.#tried.get(begun) ?? this.#read(history, begun)
    this.#tried.set(begun, tried)
    await tried
  }

  async #read(history: History, begun: ChangePosition): Promise<void> {
    const { project, connect, reader: options, createHistory } = this.#options
    const past = createHistory()
    const reader = new LogReader({
      ...options,
      history: past,
      sentUpTo: 0n,
      liveFrom: never,
      onProgress: () => {},
      onMissed: () => {},
      onFailure: () => {},
    })
    try {
      await readPast({
        project,
        connect,
        upTo: begun.lsn,
        onBegin: (lsn) => reader.goLive(never, lsn),
        onMessage: (message) => reader.read(message),
      })
      history.prepend(begun, past)
    } catch (error) {
      project.log.warn('changes of before this node listened could not be read', {
        error: String(error),
      })
    }
  }
}
