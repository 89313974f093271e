/** `create`, `alter`, `drop` and `comment on extension`: those that this server has otherwise, or only a superuser may make. */
import type {
  AlterExtensionStmt,
  AlterObjectSchemaStmt,
  CommentStmt,
  CreateExtensionStmt,
  DefElem,
  DropStmt,
  Node,
} from 'libpg-query'
import { quoteIdentifier, quoteLiteral } from '#base/sql'
import { standIns, withoutStandIn } from '#services/extensions'
import type { Adapted } from './adapted.ts'
import { Refusal } from './adapted.ts'
import { namesOf, textOf } from './parse-statement.ts'
import type { ServerFacts } from './server-facts.ts'

/** The value of an option; null where it is not given. */
function optionOf(options: readonly Node[] | undefined, name: string): string | null {
  const found = (options ?? []).flatMap((node) => ('DefElem' in node ? node.DefElem : []))
  const option = found.find(({ defname }: DefElem) => defname === name)
  return option === undefined ? null : (textOf(option.arg) ?? '')
}

/** Null: Postgres takes it as it is. */
export function adaptCreateExtension(
  statement: CreateExtensionStmt,
  facts: ServerFacts,
): Adapted | null {
  const { extname: name = '', options, if_not_exists: missingOnly = false } = statement
  const extension = facts.available.get(name)
  if (extension === undefined) throw new Refusal(missing(name))
  const schema = optionOf(options, 'schema')
  const asked = optionOf(options, 'new_version')
  const version = asked !== null && extension.versions.includes(asked) ? asked : null
  const cascade = optionOf(options, 'cascade') !== null
  const notice =
    version === asked
      ? {}
      : { notice: `extension "${name}" has no version ${asked} here; taking the one there is` }
  if (extension.trusted || facts.isSuperuser || !facts.rights.has('create_extension')) {
    if (version === asked) return null
    const text = [
      `create extension ${missingOnly ? 'if not exists ' : ''}${quoteIdentifier(name)}`,
      ...(schema === null ? [] : [`schema ${quoteIdentifier(schema)}`]),
      ...(cascade ? ['cascade'] : []),
    ].join(' ')
    return { texts: [text], ...notice }
  }
  const values = [
    quoteLiteral(name),
    schema === null ? 'null' : quoteLiteral(schema),
    version === null ? 'null' : quoteLiteral(version),
    String(cascade),
    String(missingOnly),
    'current_schema()',
  ]
  return { texts: [`select basalt_rights.create_extension(${values.join(', ')})`], ...notice }
}

function missing(name: string): string {
  const own = standIns.map((standIn) => standIn.name).includes(name)
  const why =
    withoutStandIn.includes(name) || !own
      ? `extension "${name}" is not on this server, and nothing of Basalt's stands in for it.`
      : `extension "${name}" is not on this server.`
  return [
    why,
    'Three ways out: run on an installed Postgres that has it (basalt.db.binaries, or basalt.db.extension_paths for one of the same major version); use a database that has it (--db-url); or leave the statement out.',
  ].join('\n')
}

export function adaptAlterExtension(
  statement: AlterExtensionStmt,
  facts: ServerFacts,
): Adapted | null {
  const { extname: name = '', options } = statement
  const extension = facts.available.get(name)
  if (extension === undefined) return null
  const asked = optionOf(options, 'new_version')
  const version = asked !== null && extension.versions.includes(asked) ? asked : null
  if (!extension.trusted && !facts.isSuperuser && facts.rights.has('update_extension')) {
    const value = version === null ? 'null' : quoteLiteral(version)
    return { texts: [`select basalt_rights.update_extension(${quoteLiteral(name)}, ${value})`] }
  }
  if (version === asked) return null
  return {
    texts: [`alter extension ${quoteIdentifier(name)} update`],
    notice: `extension "${name}" has no version ${asked} here; it stays at the newest there is`,
  }
}

/** What is in an extension is the superuser's, and so is moving it. */
export function adaptMoveExtension(
  { objectType, object, newschema = '' }: AlterObjectSchemaStmt,
  facts: ServerFacts,
): Adapted | null {
  const isDue = objectType === 'OBJECT_EXTENSION' && facts.rights.has('move_extension')
  if (!isDue || facts.isSuperuser) return null
  const values = [textOf(object) ?? '', newschema].map(quoteLiteral)
  return { texts: [`select basalt_rights.move_extension(${values.join(', ')})`] }
}

/** There on every Supabase database, and not on ours before somebody creates it. */
const preinstalledThere = new Set(['pg_graphql', 'pg_net', 'pgjwt', 'pgsodium'])

export function adaptDropExtension(statement: DropStmt): Adapted | null {
  const names = namesOf(statement.objects)
  const isDue = statement.removeType === 'OBJECT_EXTENSION' && statement.missing_ok !== true
  if (!isDue || !names.every((name) => preinstalledThere.has(name))) return null
  const how = statement.behavior === 'DROP_CASCADE' ? ' cascade' : ''
  return { texts: [`drop extension if exists ${names.map(quoteIdentifier).join(', ')}${how}`] }
}

/** Old dumps carry the comment on plpgsql, which is nobody's but the superuser's. */
export function adaptCommentOnExtension(statement: CommentStmt): Adapted | null {
  const isPlpgsql =
    statement.objtype === 'OBJECT_EXTENSION' && textOf(statement.object) === 'plpgsql'
  return isPlpgsql ? { texts: [] } : null
}

/** Names that `readFacts` has to ask for. */
export function extensionNamed(node: Node): string | null {
  if ('CreateExtensionStmt' in node) return node.CreateExtensionStmt.extname ?? null
  return 'AlterExtensionStmt' in node ? (node.AlterExtensionStmt.extname ?? null) : null
}
