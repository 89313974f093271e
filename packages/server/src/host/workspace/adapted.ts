/** What is run in a statement's place. */

export interface Adapted {
  /** Nothing is run for none. */
  readonly texts: readonly string[]
  /** What the user should know of it, without the place. */
  readonly notice?: string
}

/** Why a statement cannot be run, and what to do: the file and the line are put before it. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}
