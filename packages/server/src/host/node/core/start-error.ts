/** An error of start-up that a person can act on: its message names the cause and the remedy. */

/** What kept us from starting, for callers that branch on it. */
export type StartFailure =
  | 'unsupported-platform'
  | 'already-running'
  | 'port-in-use'
  | 'no-space'
  | 'permission'
  | 'wrong-version'
  | 'not-a-data-folder'
  | 'postgres-failed'
  | 'config'
  | 'interrupted'

/** The message is one or two sentences for the terminal; `cause` is for `--debug`. */
export class StartError extends Error {
  override readonly name = 'StartError'
  readonly failure: StartFailure

  constructor(failure: StartFailure, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.failure = failure
  }
}
