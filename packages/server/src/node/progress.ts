/** Progress of start-up as events: a step begins, a step has ended after so many milliseconds. */

export interface ProgressStep {
  /** `initialising Postgres 18.4` */
  readonly message: string
  /** Null when the step begins. */
  readonly elapsedMs: number | null
}

export type OnProgress = (step: ProgressStep) => void

/** Runs `work` and reports its beginning and its end. */
export async function reportStep<T>(
  onProgress: OnProgress,
  message: string,
  work: () => Promise<T>,
): Promise<T> {
  const begun = performance.now()
  onProgress({ message, elapsedMs: null })
  const result = await work()
  onProgress({ message, elapsedMs: performance.now() - begun })
  return result
}
