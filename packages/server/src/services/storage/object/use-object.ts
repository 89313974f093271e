/** An object is found, then its bytes are opened: between the two it may be replaced, and the bytes of the version found be gone. */
import { PlatformError } from '#base/kernel'
import { storageErrors } from '#services/storage/core'
import type { ObjectRow } from './statements.ts'

/** Of one that is replaced again and again. */
const maxAttempts = 5

/** Runs `use` on what `find` finds, anew where its bytes are missing and another version is found. `BytesMissing` where it is still the same. */
export async function useObject<T>(
  find: () => Promise<ObjectRow>,
  use: (row: ObjectRow) => Promise<T>,
): Promise<T> {
  let row = await find()
  for (let attempt = 1; ; attempt++) {
    try {
      return await use(row)
    } catch (error) {
      if (!isMissing(error) || attempt === maxAttempts) throw error
      const found = await find()
      if (found.id === row.id && found.version === row.version) throw error
      row = found
    }
  }
}

const missing = storageErrors.BytesMissing()

function isMissing(error: unknown): boolean {
  return (
    error instanceof PlatformError &&
    error.code === missing.code &&
    error.details === missing.details
  )
}
