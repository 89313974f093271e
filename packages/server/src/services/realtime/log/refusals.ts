/** Why the log cannot be had, in words for who joins. */
import { ConnectionError, DatabaseError } from '#base/db'

export const noAnswer =
  'Changes of the database are not followed yet: the database takes long to answer'
export const noLog =
  'Changes of the database cannot be followed: Postgres runs without wal_level = logical. Set it, restart Postgres, and join again'
export const noBus =
  'Changes of the database are followed by another server: start all of them with the same --redis-url (basalt.redis_url), so that they hear each other'
export const noLeader =
  'Changes of the database are not followed yet: the server that follows them does not answer. Join again in a moment'

/** Postgres keeps none that could be decoded. */
export function isLogMissing(error: unknown): boolean {
  return isNotReady(error) && /wal_level/.test(error.message)
}

/** Of the slot: invalidated, or made for another plugin. */
export function isSlotLost(error: unknown): error is DatabaseError {
  return isNotReady(error) && !isLogMissing(error)
}

export function wordFailure(error: unknown): string {
  const reason =
    error instanceof ConnectionError
      ? 'the database does not answer'
      : error instanceof Error
        ? error.message
        : String(error)
  return `Changes of the database cannot be followed: ${reason}`
}

function isNotReady(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && error.code === '55000'
}
