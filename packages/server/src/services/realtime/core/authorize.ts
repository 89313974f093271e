/**
 * Who may read and write a private channel: the policies on `realtime.messages` say so. Rows are tried and undone: what they
 * leave in the log is nothing.
 */
import { DatabaseError } from '#base/db'
import type { Session } from '#base/db'
import { uuid } from '#base/kernel'
import type { Project } from '#base/service'
import { fragment, join, sql } from '#base/sql'
import { isReadOnlyKey } from '#base/token'
import type { Member } from './read-token.ts'

export type Extension = 'broadcast' | 'presence'

const timeoutMs = 5_000

/** What policies see besides the role. */
function settingsOf({ role, claims, claimsJson }: Member, topic: string): Session['settings'] {
  const { sub } = claims
  return [
    ['search_path', 'public, extensions'],
    ['realtime.topic', topic],
    ['request.jwt.claims', claimsJson],
    ['request.jwt.claim.sub', typeof sub === 'string' ? sub : ''],
    ['request.jwt.claim.role', role],
    ['request.headers', '{}'],
  ]
}

/** The extensions the member may read in `topic`. A policy that fails, and a role that is none, lets nothing be read. */
export async function findReadable(
  project: Project,
  member: Member,
  topic: string,
  extensions: readonly Extension[],
): Promise<ReadonlySet<Extension>> {
  const rows = extensions.map((extension) => ({ extension, id: uuid(project.random) }))
  const values = rows.map(
    ({ extension, id }) =>
      fragment`(${id}::uuid, ${topic}::text, ${extension}::text, '{}'::jsonb, 'basalt'::text, true)`,
  )
  const ids = rows.map(({ id }) => fragment`${id}::uuid`)
  return refusedAsNothing(async () => {
    // as who sees past policies, then as the member
    const session = { role: 'service_role', settings: settingsOf(member, topic) }
    const [, , found] = await project.apiDb.transaction(
      session,
      [
        sql`/* realtime.tryRead */ insert into realtime.messages (id, topic, extension, payload, event, private)
          values ${join(values, ', ')}`,
        sql`/* realtime.become */ select from pg_catalog.set_config('role', ${member.role}, true)`,
        sql`/* realtime.readable */ select distinct extension from realtime.messages where id in (${join(ids, ', ')})`,
      ],
      { end: 'rollback', leaves: 'settings', timeoutMs },
    )
    return new Set(
      found?.rows.map(([cell]) => new TextDecoder().decode(cell ?? undefined) as Extension),
    )
  }, new Set())
}

/** Whether the member may send to `topic`. */
export function mayWrite(
  project: Project,
  member: Member,
  topic: string,
  extension: Extension,
): Promise<boolean> {
  if (isReadOnlyKey(member.claims)) return Promise.resolve(false)
  return refusedAsNothing(async () => {
    await project.apiDb.transaction(
      { role: member.role, settings: settingsOf(member, topic) },
      [
        sql`/* realtime.tryWrite */ insert into realtime.messages (topic, extension, payload, event, private)
          values (${topic}, ${extension}, '{}', 'basalt', true)`,
      ],
      { end: 'rollback', leaves: 'settings', timeoutMs },
    )
    return true
  }, false)
}

async function refusedAsNothing<T>(work: () => Promise<T>, nothing: T): Promise<T> {
  try {
    return await work()
  } catch (error) {
    // the database said no, in whatever words; one that cannot be asked has said nothing
    if (error instanceof DatabaseError && !/^(08|53|57P0|58)/.test(error.code)) return nothing
    throw error
  }
}
