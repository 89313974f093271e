/** A value that is there, or will be: engines that answer at once cost no turn of the event loop. */
export type Maybe<T> = T | Promise<T>

export function isPromise<T>(value: Maybe<T>): value is Promise<T> {
  return value instanceof Promise
}

/** Work in steps that each may be there at once: `const text = (yield view.getText(key)) as string`. */
export type Steps<T> = Generator<unknown, T, unknown>

/** Runs steps in one turn of the event loop as long as every value is there; otherwise gives a promise. */
export function drive<T>(steps: Steps<T>): Maybe<T> {
  let next = steps.next()
  while (next.done !== true) {
    if (next.value instanceof Promise) return driveLater(steps, next.value)
    next = steps.next(next.value)
  }
  return next.value
}

async function driveLater<T>(steps: Steps<T>, first: Promise<unknown>): Promise<T> {
  let waiting: unknown = first
  for (;;) {
    let next: IteratorResult<unknown, T>
    try {
      const value = await waiting
      next = steps.next(value)
    } catch (error) {
      next = steps.throw(error)
    }
    if (next.done === true) return next.value
    waiting = next.value
  }
}
