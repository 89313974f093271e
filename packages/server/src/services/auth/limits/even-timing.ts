/**
 * Answers that leave in steps of time. Whether an address is known decides how much there is to do; how long the answer
 * took must not say so. Figures: docs/auth.md; `node test/drill/timing.mjs` measures them.
 */

/** A known address takes 2–4 ms more than an unknown one: both fit into one step with room to spare. */
const stepMs = 25

/** Runs the work; what comes of it, an error too, is held back until a whole number of steps has passed. */
export async function evenly<T>(work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now()
  try {
    return await work()
  } finally {
    await untilStep(startedAt)
  }
}

/** The same for refusals only: who signs in does not wait. */
export async function refuseEvenly<T>(work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now()
  try {
    return await work()
  } catch (error) {
    await untilStep(startedAt)
    throw error
  }
}

function untilStep(startedAt: number): Promise<void> {
  const rest = stepMs - ((performance.now() - startedAt) % stepMs)
  return new Promise((resolve) => setTimeout(resolve, rest))
}
