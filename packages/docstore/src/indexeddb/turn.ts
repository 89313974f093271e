/** Turns of the event loop: when a callback's work is over, and when the next event is due. */

/** Behind all microtasks of the current turn, and before any other task: Node runs its ticks when the microtasks are done. */
export function afterMicrotasks(work: () => void): void {
  queueMicrotask(() => process.nextTick(work))
}

export const microtasksDone = (): Promise<void> =>
  new Promise((resolve) => afterMicrotasks(resolve))

/** The next task. */
export const nextTask = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
