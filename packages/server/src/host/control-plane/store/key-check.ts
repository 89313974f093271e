/** Whether the master key is the one this control database is sealed with: asked when it is opened, not at the first project. */
import { controlErrors } from '#host/control-plane/core'
import { sql } from '#base/sql'
import { change } from './control-store.ts'
import type { ControlStore } from './control-store.ts'

const name = 'key_check'
/** Wrapped like a data key, of no project. */
const place = { ref: '', id: name }

/** The first to open the database leaves it. @throws control_master_key_wrong */
export async function checkMasterKey(store: ControlStore): Promise<void> {
  const { wrapped } = store.dataKeys.make(place.ref, place.id)
  const [row] = await change(store, async (transaction) => {
    await transaction.run(sql`/* control.leaveKeyCheck */
      insert into basalt_control.settings (name, value) values (${name}, ${wrapped})
      on conflict (name) do nothing`)
    return transaction.rows<{ value: string }>(
      sql`/* control.readKeyCheck */ select value from basalt_control.settings where name = ${name}`,
    )
  })
  if (row === undefined) throw controlErrors.control_master_key_wrong()
  store.dataKeys.open(place.ref, { id: place.id, wrapped: row.value })
}

/** For who opens the database with the present master key alone. */
export async function rewrapKeyCheck(store: ControlStore): Promise<void> {
  const { wrapped } = store.dataKeys.make(place.ref, place.id)
  await change(store, (transaction) =>
    transaction.run(sql`/* control.rewrapKeyCheck */
      update basalt_control.settings set value = ${wrapped}, updated_at = now() where name = ${name}`),
  )
}
