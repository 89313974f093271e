/** Where backups are kept: files of up to some 20 MB by name, on a folder or in a bucket. */

export interface StoredFile {
  readonly name: string
  readonly size: number
  /** ms since the epoch */
  readonly modifiedMs: number
}

export interface BackupTarget {
  /** For messages: a path, or `s3://bucket/prefix`. */
  readonly place: string
  /** Whole or not at all, and there after a crash; another of the same name is replaced. @throws BackupError `target` */
  put(name: string, bytes: Buffer): Promise<void>
  /** Null where there is none. */
  get(name: string): Promise<Buffer | null>
  /** All below a folder (`7401…/wal/`), in the order of their names. */
  list(folder: string): Promise<readonly StoredFile[]>
  /** Those that are not there are none. */
  delete(names: readonly string[]): Promise<void>
  close(): Promise<void>
}
