/** Which statements of a file are run in another form on this server, and in which. */
import type { Node } from 'libpg-query'
import type { Database } from '#base/db'
import { adaptCopy } from './adapt-copy.ts'
import {
  adaptAlterExtension,
  adaptCommentOnExtension,
  adaptCreateExtension,
  adaptDropExtension,
  adaptMoveExtension,
  extensionNamed,
} from './adapt-extension.ts'
import { adaptIndex } from './adapt-index.ts'
import { adaptMeta } from './adapt-meta.ts'
import {
  adaptAlterPublication,
  adaptCreatePublication,
  adaptEventTrigger,
  adaptForeignDataWrapper,
  adaptSecretReference,
} from './adapt-privileged.ts'
import { adaptPlatformTrigger } from './adapt-trigger.ts'
import type { Adapted } from './adapted.ts'
import { Refusal } from './adapted.ts'
import { refusalAt } from './file-error.ts'
import { leadingWords } from './leading-words.ts'
import { parseStatements } from './parse-statement.ts'
import type { ServerFacts } from './server-facts.ts'
import { readFacts } from './server-facts.ts'
import type { FileStatement } from './split-statements.ts'
import { needsParser } from './statement-kind.ts'

/**
 * By index, those that are run otherwise than they are written. The server is asked, and the parser loaded, only where a
 * statement's first words say that it may be one.
 * @throws SqlFileError for one that cannot be run here.
 */
export async function adaptStatements(
  db: Database,
  file: string,
  statements: readonly FileStatement[],
): Promise<ReadonlyMap<number, Adapted>> {
  const parsed = await parseDue(statements)
  const named = [...parsed.values()].flatMap((node) =>
    node === null ? [] : (extensionNamed(node) ?? []),
  )
  const isAskedOf = [...parsed].some(([index]) => statements[index]?.data === undefined)
  const facts = isAskedOf ? await readFacts(db, named) : null
  const adapted = new Map<number, Adapted>()
  for (const [index, statement] of statements.entries()) {
    try {
      const found = adapt(statement, parsed.get(index) ?? null, facts)
      if (found !== null) adapted.set(index, found)
    } catch (error) {
      if (error instanceof Refusal) throw refusalAt(file, statements, index, error.message)
      throw error
    }
  }
  return adapted
}

async function parseDue(statements: readonly FileStatement[]): Promise<Map<number, Node | null>> {
  const due = [...statements.entries()].filter(
    ([, { text, data, isMeta, isEmpty }]) =>
      isMeta !== true && !isEmpty && (data !== undefined || needsParser(text)),
  )
  const nodes = await parseStatements(due.map(([, { text }]) => text))
  return new Map(due.map(([index], i) => [index, nodes[i] ?? null]))
}

function adapt(
  { text, data, isMeta }: FileStatement,
  node: Node | null,
  facts: ServerFacts | null,
): Adapted | null {
  if (isMeta === true) return adaptMeta(text)
  if (data !== undefined) return adaptCopy(node, data)
  if (/\bstdin\b/i.test(text) && leadingWords(text, 1)[0] === 'copy') return adaptCopy(null, null)
  if (node === null || facts === null) return null
  if ('CreateExtensionStmt' in node) return adaptCreateExtension(node.CreateExtensionStmt, facts)
  if ('AlterExtensionStmt' in node) return adaptAlterExtension(node.AlterExtensionStmt, facts)
  if ('AlterObjectSchemaStmt' in node) return adaptMoveExtension(node.AlterObjectSchemaStmt, facts)
  if ('DropStmt' in node) return adaptDropExtension(node.DropStmt)
  if ('CommentStmt' in node) return adaptCommentOnExtension(node.CommentStmt)
  if ('IndexStmt' in node) return adaptIndex(node.IndexStmt, facts)
  if ('CreateTrigStmt' in node) return adaptPlatformTrigger(node.CreateTrigStmt, text)
  return facts.isSuperuser ? null : adaptPrivileged(node, facts.rights)
}

/** Null where the server has no function of ours for it: then Postgres says what it thinks of it. */
function adaptPrivileged(node: Node, rights: ReadonlySet<string>): Adapted | null {
  if ('CreateEventTrigStmt' in node && rights.has('create_event_trigger'))
    return adaptEventTrigger(node.CreateEventTrigStmt)
  if ('CreateFdwStmt' in node && rights.has('create_foreign_data_wrapper'))
    return adaptForeignDataWrapper(node.CreateFdwStmt)
  if ('CreatePublicationStmt' in node && rights.has('create_publication'))
    return adaptCreatePublication(node.CreatePublicationStmt)
  if ('AlterPublicationStmt' in node && rights.has('alter_publication'))
    return adaptAlterPublication(node.AlterPublicationStmt)
  if ('AlterTableStmt' in node && rights.has('refer_to_secret'))
    return adaptSecretReference(node.AlterTableStmt)
  const isOwner = 'AlterOwnerStmt' in node && node.AlterOwnerStmt.objectType === 'OBJECT_FDW'
  // already so; Postgres asks for a superuser before it looks
  if (isOwner && rights.size > 0 && node.AlterOwnerStmt.newowner?.rolename === 'postgres')
    return { texts: [] }
  return null
}
