/**
 * Answers that leave in steps of time. Whether an address is known decides how much there is to do; how long the answer
 * took must not say so. Figures: docs/measurements.md, and the test beside this file's users.
 */

/** A known address takes 2–4 ms more than an unknown one: both fit into one step with room to spare. */
const stepMs = 25

/** Runs the work; what comes of it, an error too, is held back until a whole number of steps has passed. */
export async function evenly<T>(work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now()
  try {
    return await work()
  } finally {
    const rest = stepMs - ((performance.now() - startedAt) % stepMs)
    await new Promise((resolve) => setTimeout(resolve, rest))
  }
}
