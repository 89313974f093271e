/** What Postgres can take, so that a body is refused while it is read instead of after. */
import { requestErrors } from './errors.ts'

/** Of a table (1,600) and of a result; a body cannot name more. */
export const maxColumns = 1_600
/** Of a function. */
export const maxArguments = 100
/** Names of Postgres have at most 63 bytes. */
export const maxNameLength = 256
/** Values in a form: repeated ones make an array. */
export const maxFormPairs = 10_000
export const maxFormBytes = 1024 * 1024
/** Names are cut in messages: Postgres' own have 63 bytes. */
export const maxShownName = 100
/** `x…` of a long name. */
export function cutName(name: string): string {
  return name.length > maxShownName ? `${name.slice(0, maxShownName)}…` : name
}
/** As many of them are listed. */
export const maxShownNames = 20

export function tooLongName(): Error {
  return requestErrors.PGRST102({ message: `A name has more than ${maxNameLength} characters` })
}
