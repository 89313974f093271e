/** What the server has and lets us do, asked once a file, and only for files with a statement that depends on it. */
import { decodeRows } from '#base/db'
import type { Database } from '#base/db'
import { arrayLiteral, sql } from '#base/sql'
import type { Statement } from '#base/sql'
import { standInAccessMethods, standIns } from '#services/extensions'
import { ofItsOwn } from './history.ts'

export interface AvailableExtension {
  readonly name: string
  readonly versions: readonly string[]
  /** Whoever may create in the database may make it. */
  readonly trusted: boolean
  /** It is ours, in the real one's place. */
  readonly isStandIn: boolean
}

export interface ServerFacts {
  /** Functions of `basalt_rights` that we may call. */
  readonly rights: ReadonlySet<string>
  /** Of the extensions asked for, those that the server has. */
  readonly available: ReadonlyMap<string, AvailableExtension>
  readonly accessMethods: ReadonlySet<string>
  readonly isSuperuser: boolean
}

/** `extensions` are the names that the file creates or changes. */
export async function readFacts(db: Database, extensions: readonly string[]): Promise<ServerFacts> {
  const asked = [...new Set([...extensions, ...Object.values(standInAccessMethods)])]
  const [rights, available, methods, me] = await db.executeAll(
    [readRights, readAvailable(asked), readMethods, readRole],
    ofItsOwn,
  )
  if (rights === undefined || available === undefined || methods === undefined || me === undefined)
    throw new Error('a statement without a result')
  const comments = new Map(standIns.map(({ name, comment }) => [name, comment]))
  const found = decodeRows<AvailableExtension & { comment: string | null }>(available)
  return {
    rights: new Set(decodeRows<{ name: string }>(rights).map(({ name }) => name)),
    accessMethods: new Set(decodeRows<{ name: string }>(methods).map(({ name }) => name)),
    isSuperuser: decodeRows<{ superuser: boolean }>(me)[0]?.superuser === true,
    available: new Map(
      found.map(({ comment, ...extension }) => [
        extension.name,
        { ...extension, isStandIn: comment !== null && comments.get(extension.name) === comment },
      ]),
    ),
  }
}

const readRights = sql`/* workspace.readRights */
  select distinct proname::text as name
  from pg_catalog.pg_proc join pg_catalog.pg_namespace on pg_namespace.oid = pronamespace
  where nspname = 'basalt_rights' and has_schema_privilege(pg_namespace.oid, 'usage')
    and has_function_privilege(pg_proc.oid, 'execute')`

const readAvailable = (names: readonly string[]): Statement => sql`/* workspace.readExtensions */
  select versions.name::text, to_json(array_agg(versions.version)) as versions, bool_or(versions.trusted) as trusted,
    max(versions.comment) as comment
  from pg_catalog.pg_available_extension_versions as versions
  where versions.name = any (${arrayLiteral(names)}::text[])
  group by versions.name`

const readMethods = sql`/* workspace.readAccessMethods */ select amname::text as name from pg_catalog.pg_am`

const readRole = sql`/* workspace.readRole */
  select rolsuper as superuser from pg_catalog.pg_roles where rolname = current_user`
