/** `basalt control rekey`: every data key wrapped with the present master key. */
import type { Actor } from '#host/control-plane/core'
import { sql } from '#base/sql'
import { auditRow, change } from './control-store.ts'
import type { ControlStore } from './control-store.ts'
import { rewrapKeyCheck } from './key-check.ts'

interface KeyRow {
  readonly ref: string
  readonly id: string
  readonly wrapped: string
}

const batch = 500

/**
 * Those the previous master key wrapped. Nothing a node holds changes: projects go on. Resolves to how many there were; may
 * be called again after a failure. @throws control_master_key_wrong
 */
export async function rekey(store: ControlStore, actor: Actor): Promise<number> {
  let renewed = 0
  let after = ''
  for (;;) {
    const rows = await change(store, async (transaction) => {
      const found = await transaction.rows<KeyRow>(sql`/* control.listDataKeys */
        select ref, id, wrapped from basalt_control.data_keys
        where ref > ${after} order by ref limit ${batch} for update`)
      const statements = found.flatMap(({ ref, id, wrapped }) => {
        const again = store.dataKeys.rewrap(ref, { id, wrapped })
        if (again === null) return []
        return [
          sql`/* control.rewrapDataKey */
            update basalt_control.data_keys set wrapped = ${again}, wrapped_at = now() where ref = ${ref}`,
        ]
      })
      renewed += statements.length
      if (statements.length > 0) await transaction.run(...statements)
      return found
    })
    if (rows.length < batch) break
    after = rows.at(-1)?.ref ?? after
  }
  // last: until it is through, the previous key is needed
  await rewrapKeyCheck(store)
  await change(store, (transaction) =>
    transaction.run(auditRow(actor, 'control.rekey', null, { renewed })),
  )
  return renewed
}
