/** What a query may say. */
import { apiErrors } from './errors.ts'
import type { Call } from './route.ts'

/** @throws control_body_invalid */
export function numberIn(
  { query }: Call,
  name: string,
  least: number,
  most: number,
): number | null {
  const given = query.get(name)
  if (given === null) return null
  const value = Number(given)
  if (!Number.isInteger(value) || value < least || value > most)
    throw apiErrors.control_body_invalid({ list: `${name}: expected ${least} to ${most}` })
  return value
}
