/** After a change of the operator's key: what the one before sealed is sealed with the present one. */
import { changingSession } from '#base/db'
import type { Database } from '#base/db'
import { sql } from '#base/sql'
import { keyLabel } from './key-store.ts'
import { configLabel } from './project-config.ts'
import type { Seal } from './seal.ts'

/** The project's run-time configuration and its signing keys, before they are read. Resolves to how many there were. */
export function renewSealed(db: Database, ref: string, seal: Seal): Promise<number> {
  return db.begin(changingSession, async (transaction) => {
    const configs = await transaction.rows<{ sealed: string }>(sql`/* control.selectSealedConfig */
      select overrides->>'sealed' as sealed from basalt.project_config
      where ref = ${ref} and overrides ? 'sealed' for update`)
    const keys = await transaction.rows<{ thumbprint: string; sealed: string }>(
      sql`/* control.selectSealedKeys */
        select thumbprint, sealed from basalt.signing_keys where ref = ${ref} for update`,
    )
    const renewed = [
      ...configs.flatMap(({ sealed }) => {
        const again = seal.renew(sealed, configLabel(ref))
        if (again === null) return []
        const overrides = JSON.stringify({ sealed: again })
        return [
          sql`/* control.resealConfig */
            update basalt.project_config set overrides = ${overrides} where ref = ${ref}`,
        ]
      }),
      ...keys.flatMap(({ thumbprint, sealed }) => {
        const again = seal.renew(sealed, keyLabel(ref, thumbprint))
        return again === null
          ? []
          : [
              sql`/* control.resealKey */
                update basalt.signing_keys set sealed = ${again}
                where ref = ${ref} and thumbprint = ${thumbprint}`,
            ]
      }),
    ]
    if (renewed.length > 0) await transaction.run(...renewed)
    return renewed.length
  })
}
