/** The blobs of all functions of a database, for a sweep of what nobody owns. */
import { systemSession } from '#base/db'
import type { Database } from '#base/db'
import type { BlobKey } from '#base/blob'
import { sql } from '#base/sql'
import { artifactBlobs } from '#services/functions/artifact'

/** `db` as a user who may read all data. None where the database knows no functions yet. @throws DatabaseError */
export async function readArtifactBlobs(db: Database): Promise<readonly BlobKey[]> {
  // a policy that hid rows from this user would make orphans of what they name: that is an error instead
  const settings = [...systemSession.settings, ['row_security', 'off'] as const]
  return db.begin({ ...systemSession, settings }, async (transaction) => {
    const [known] = await transaction.rows<{ there: boolean }>(
      sql`/* functions.hasVersions */ select to_regclass('basalt.function_versions') is not null as there`,
    )
    if (known?.there !== true) return []
    const rows = await transaction.rows<{ artifact: string }>(
      sql`/* functions.selectArtifacts */ select artifact from basalt.function_versions`,
    )
    return artifactBlobs(rows.map(({ artifact }) => artifact))
  })
}
