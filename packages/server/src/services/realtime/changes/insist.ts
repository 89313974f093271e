/** Work that needs the database, again and again until it answers: a change must not be lost to a restart of Postgres. */
import { ConnectionError } from '#base/db'

const pauseMs = 250

/** Rejects with what is no failure of the connection, and when `isOver`. */
export async function insist<T>(isOver: () => boolean, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (isOver() || !(error instanceof ConnectionError)) throw error
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
}
