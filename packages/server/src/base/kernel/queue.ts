/** Work that takes much of something, a few at a time. */

export interface QueueOptions {
  /** How many run at the same time. */
  readonly concurrency: number
  /** How many may wait for their turn; of one more `refuse` is thrown. */
  readonly maxWaiting: number
  readonly refuse: () => Error
}

export type Queue = <T>(task: () => Promise<T>) => Promise<T>

/** Runs tasks in the order they come. */
export function createQueue({ concurrency, maxWaiting, refuse }: QueueOptions): Queue {
  const waiting: (() => void)[] = []
  let running = 0
  return async (task) => {
    if (running >= concurrency) {
      if (waiting.length >= maxWaiting) throw refuse()
      // the place of the one that finished is handed over, so `running` stays as it is
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else running++
    try {
      return await task()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running--
      else next()
    }
  }
}

/** Runs tasks one after the other, as changes that must not meet; one that fails does not keep the next from its turn. */
export function createSequence(): Queue {
  let last: Promise<unknown> = Promise.resolve()
  return (task) => {
    const result = last.then(task)
    last = result.catch(() => {})
    return result
  }
}
