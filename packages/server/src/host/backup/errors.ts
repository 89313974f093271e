/** What goes wrong with backups, said to who runs them. */

export type BackupFailure =
  /** There is none that will do. */
  | 'none'
  /** Bytes are missing or are not those that were stored. */
  | 'damaged'
  /** The key is missing or another. */
  | 'key'
  | 'busy'
  /** This database, this login or these options do not allow it. */
  | 'refused'
  /** The target cannot be written or read. */
  | 'target'
  /** What was restored is not what was backed up. */
  | 'check'

export class BackupError extends Error {
  readonly failure: BackupFailure

  constructor(failure: BackupFailure, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.name = 'BackupError'
    this.failure = failure
  }
}
