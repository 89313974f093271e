/** Where the next page begins, as text nobody has to understand. */
import { CodeError } from '#core'

export function encodeCursor(values: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url')
}

/** `pattern`: of the last value; `length`: how many there are, where it is known. @throws invalid_request */
export function decodeCursor(
  cursor: string | undefined,
  pattern: RegExp,
  length?: number,
): readonly (string | number)[] | null {
  if (cursor === undefined) return null
  try {
    const values: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (
      Array.isArray(values) &&
      values.length === (length ?? values.length) &&
      values.every((value) => typeof value === 'string' || typeof value === 'number') &&
      pattern.test(String(values.at(-1)))
    )
      return values as (string | number)[]
  } catch {
    // as below
  }
  throw new CodeError('invalid_request', { details: { fields: { cursor: 'is none of ours' } } })
}
