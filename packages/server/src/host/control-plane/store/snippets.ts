/** Snippets of a fleet's projects, in the control database. */
import { versionOf } from '#host/control-plane/core'
import type { Snippet, Snippets } from '#host/control-plane/core'
import { sql } from '#base/sql'
import { change, read } from './control-store.ts'
import type { ControlStore } from './control-store.ts'

/** Of one project. */
const maxSnippets = 1_000

export function storedSnippets(store: ControlStore): Snippets {
  return {
    list: (ref) =>
      read(store, (transaction) =>
        transaction.rows<Snippet>(sql`/* control.listSnippets */
          select name, version from basalt_control.snippets where ref = ${ref} order by name`),
      ),
    read: async (ref, name) => {
      const [found] = await read(store, (transaction) =>
        transaction.rows<Snippet>(sql`/* control.readSnippet */
          select name, content, version from basalt_control.snippets where ref = ${ref} and name = ${name}`),
      )
      return found ?? null
    },
    write: async (ref, { name, content }, before) => {
      const version = versionOf(content)
      const [result] = await change(store, (transaction) =>
        transaction.run(
          before === null
            ? sql`/* control.insertSnippet */
              insert into basalt_control.snippets (ref, name, content, version)
              select ${ref}, ${name}, ${content}, ${version}
              where (select count(*) from basalt_control.snippets where ref = ${ref}) < ${maxSnippets}::int
              on conflict do nothing`
            : sql`/* control.updateSnippet */
              update basalt_control.snippets set content = ${content}, version = ${version}, updated_at = now()
              where ref = ${ref} and name = ${name} and version = ${before}`,
        ),
      )
      return result?.rowCount === 1
    },
    remove: async (ref, name) => {
      const [result] = await change(store, (transaction) =>
        transaction.run(
          sql`/* control.deleteSnippet */ delete from basalt_control.snippets where ref = ${ref} and name = ${name}`,
        ),
      )
      return result?.rowCount === 1
    },
  }
}
