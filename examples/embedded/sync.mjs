/** Offline first: write here at once, send to a Supabase when it can be reached. In Node and in a browser. */

/** The stores this needs, along with the app's own: what is to be sent, and how far was read. */
export const syncSchemas = ({ defineStore }) => [
  defineStore('outbox', { key: 'n', autoIncrement: true }),
  defineStore('sync_state', { key: 'table' }),
]

/**
 * `supabase` is a supabase-js client, signed in. Tables have the columns of the documents and `updated_at`, which a trigger
 * of the database sets. The last write wins; rows that were deleted there are marked `deleted`, as here.
 */
export function createSync({ db, supabase }) {
  /** A document and its place in the outbox, in one transaction: what is written is sent. */
  const put = (table, doc) =>
    db.run([table, 'outbox'], async (tx) => {
      await tx.put(table, doc)
      await tx.putAuto('outbox', { table, id: doc.id })
    })

  /** Sends what waits, oldest first; gives how many. Stops at the first that is refused or not reached. */
  async function push() {
    let sent = 0
    for await (const { n, table, id } of db.scan('outbox')) {
      const doc = await db.get(table, id)
      const { error } = doc === undefined ? { error: null } : await supabase.from(table).upsert(doc)
      if (error !== null) throw new Error(`"${table}" ${id} was not sent: ${error.message}`)
      await db.delete('outbox', n)
      sent++
    }
    return sent
  }

  /** Reads rows changed there since the last time; what waits to be sent here stays as it is. Gives how many. */
  async function pull(table) {
    const since = (await db.get('sync_state', table))?.since ?? '1970-01-01T00:00:00Z'
    const { data, error } = await supabase
      .from(table)
      .select()
      .gt('updated_at', since)
      .order('updated_at')
      .limit(1000)
    if (error !== null) throw new Error(`"${table}" was not read: ${error.message}`)
    await db.run([table, 'outbox', 'sync_state'], async (tx) => {
      const waiting = new Set()
      for await (const entry of tx.scan('outbox')) if (entry.table === table) waiting.add(entry.id)
      for (const { updated_at: _, ...doc } of data)
        if (!waiting.has(doc.id)) await tx.put(table, doc)
      if (data.length > 0) await tx.put('sync_state', { table, since: data.at(-1).updated_at })
    })
    return data.length
  }

  return { put, push, pull }
}
