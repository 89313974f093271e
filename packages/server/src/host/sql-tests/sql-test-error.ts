/** Why tests could not be run at all: a message for the terminal, with what to do. */
export class SqlTestError extends Error {
  override readonly name = 'SqlTestError'
}
