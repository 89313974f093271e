/** Sessions in projects' own databases, kept while operators ask: so a read of the catalog takes a few milliseconds. */
import { controlErrors } from '#host/control-plane/core'
import type { ProjectRecord } from '#host/control-plane/core'
import { KeptSessions, turnsOf } from './kept-sessions.ts'
import { createProjectDatabase } from './project-database.ts'
import type { ProjectDatabase } from './project-database.ts'

export interface ProjectDatabases {
  /** Nothing is connected before something is asked of it. `readOnly`: whoever asks may not write. */
  of(record: ProjectRecord, readOnly: boolean): ProjectDatabase
  close(): Promise<void>
}

/** Projects whose sessions are kept; each has four of them at most. */
const maxProjects = 16
const idleMs = 45_000
/** SQL of operators holds what it reads. */
const scriptsAtOnce = 16
const readersAtOnce = 8
const exportsAtOnce = 8
const importsAtOnce = 8

export function openProjectDatabases(
  resolveSecret: (text: string) => Promise<string>,
): ProjectDatabases {
  const kept = new Map<string, KeptSessions>()
  const turns = {
    scripts: turnsOf(scriptsAtOnce),
    readers: turnsOf(readersAtOnce),
    exports: turnsOf(exportsAtOnce),
    imports: turnsOf(importsAtOnce),
  }

  function drop(sessions: KeptSessions): void {
    if (kept.get(sessions.ref) === sessions) kept.delete(sessions.ref)
    void sessions.close()
  }

  /** The least recently used of those nobody uses makes room. */
  function makeRoom(): void {
    if (kept.size < maxProjects) return
    const [oldest] = [...kept.values()]
      .filter(({ isIdle }) => isIdle)
      .toSorted((a, b) => a.usedAt - b.usedAt)
    if (oldest === undefined) throw controlErrors.control_busy()
    drop(oldest)
  }

  async function find(record: ProjectRecord): Promise<KeptSessions> {
    const url = await resolveSecret(record.databaseUrl)
    const secret = record.keys.encryptionKey
    const known = kept.get(record.ref)
    if (known?.isFor(url, secret) === true) return known
    if (known !== undefined) drop(known)
    makeRoom()
    const sessions = new KeptSessions({ ref: record.ref, url, secret, idleMs, onIdle: drop })
    kept.set(record.ref, sessions)
    return sessions
  }

  return {
    of: (record, readOnly) =>
      createProjectDatabase({
        record,
        readOnly,
        use: async (work) => (await find(record)).use(work),
        turns,
      }),
    close: async () => {
      const all = [...kept.values()]
      kept.clear()
      await Promise.all(all.map((sessions) => sessions.close()))
    },
  }
}
