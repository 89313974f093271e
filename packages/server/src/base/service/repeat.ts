/** Work that is done again and again, never twice at the same time. */
export interface Repeated {
  /** Resolves when what runs has ended. */
  close(): Promise<void>
}

export interface RepeatOptions {
  readonly firstMs: number
  /** From the end of one to the beginning of the next. */
  readonly everyMs: number
}

/** `work` does not reject; its signal is aborted by `close`. */
export function repeat(
  work: (signal: AbortSignal) => Promise<void>,
  { firstMs, everyMs }: RepeatOptions,
): Repeated {
  const closing = new AbortController()
  let running: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout
  const later = (ms: number): void => {
    timer = setTimeout(() => {
      running = work(closing.signal).finally(() => closing.signal.aborted || later(everyMs))
    }, ms)
    timer.unref()
  }
  later(firstMs)
  return {
    close: async () => {
      closing.abort()
      clearTimeout(timer)
      await running
    },
  }
}
