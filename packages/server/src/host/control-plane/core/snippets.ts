/** Port: texts of SQL that operators keep by name. */
import { createHash } from 'node:crypto'

export interface Snippet {
  readonly name: string
  readonly content: string
  /** Of the content. */
  readonly version: string
}

export interface Snippets {
  /** In order of their names. */
  list(ref: string): Promise<readonly Omit<Snippet, 'content'>[]>
  read(ref: string, name: string): Promise<Snippet | null>
  /** `before` is the version it replaces, null where there is none; false where something else is there. */
  write(ref: string, snippet: Omit<Snippet, 'version'>, before: string | null): Promise<boolean>
  /** False where there was none. */
  remove(ref: string, name: string): Promise<boolean>
}

export function versionOf(content: string): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 32)
}
