/** `basalt adopt --check`: what a start on a database would find, change and miss. */
import { DatabaseError, openDatabase, parseConnectionUrl } from '#base/db'
import { checkRequirements, readAdoption, rehearseProvision } from '#host/control'
import type { Adoption, Requirement } from '#host/control'
import { provisioned } from './open-databases.ts'

export interface AdoptionReport extends Adoption {
  /** `+ column auth.users.is_anonymous`; empty where something blocks. */
  readonly changes: readonly string[]
  /** What will not work afterwards. */
  readonly warnings: readonly Requirement[]
}

/** Everything is read, and what would be changed is done and rolled back. Rejects when the database cannot be reached. */
export async function checkAdoption(url: string): Promise<AdoptionReport> {
  const connection = parseConnectionUrl(url)
  const db = openDatabase({ connection, maxConnections: 1, acquireTimeoutMs: 10_000 })
  try {
    const required = await checkRequirements(db)
    const adoption = await readAdoption(db)
    const warnings = required.filter(({ level }) => level === 'warning')
    const blocks = [...required.filter(({ level }) => level === 'missing'), ...adoption.blocks]
    if (blocks.length > 0) return { ...adoption, blocks, warnings, changes: [] }
    try {
      return { ...adoption, warnings, changes: await rehearseProvision(db, provisioned) }
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error
      return { ...adoption, warnings, changes: [], blocks: [refusal(error)] }
    }
  } finally {
    await db.close()
  }
}

function refusal(error: DatabaseError): Requirement {
  const busy = error.code === '55P03'
  return {
    level: 'missing',
    message: `the rehearsal failed at ${error.statement ?? 'its beginning'}: ${error.message} (SQLSTATE ${error.code})`,
    remedy: busy
      ? 'Somebody else uses these tables: try again when less is going on.'
      : (error.hint ?? 'Nothing was changed. Mend what it names, and check again.'),
  }
}
