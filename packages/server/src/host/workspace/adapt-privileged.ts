/** Event triggers, foreign data wrappers, publications of schemas: a call of `basalt_rights`, which checks and makes them. */
import type {
  AlterPublicationStmt,
  AlterTableStmt,
  CreateEventTrigStmt,
  CreateFdwStmt,
  CreatePublicationStmt,
  DefElem,
  Node,
} from 'libpg-query'
import { quoteIdentifier, quoteLiteral } from '#base/sql'
import type { Adapted } from './adapted.ts'
import { namesOf, textOf } from './parse-statement.ts'

function call(name: string, values: readonly string[]): Adapted {
  return { texts: [`select basalt_rights.${name}(${values.join(', ')})`] }
}

function elements(nodes: readonly Node[] | undefined): DefElem[] {
  return (nodes ?? []).flatMap((node) => ('DefElem' in node ? node.DefElem : []))
}

function list(node: Node | undefined): string[] {
  return node !== undefined && 'List' in node ? namesOf(node.List.items) : []
}

/** Resolved on the search path of the file, as the statement's own name would be. */
function functionNamed(names: readonly string[], types: string): string {
  if (names.length === 0) return 'null'
  const name = names.map(quoteIdentifier).join('.')
  return `${quoteLiteral(`${name}(${types})`)}::pg_catalog.regprocedure`
}

function textArray(values: readonly string[]): string {
  return `array[${values.map(quoteLiteral).join(', ')}]::pg_catalog.text[]`
}

function optionArray(options: readonly DefElem[]): string {
  return textArray(options.flatMap(({ defname = '', arg }) => [defname, textOf(arg) ?? 'true']))
}

export function adaptEventTrigger(statement: CreateEventTrigStmt): Adapted | null {
  const filters = elements(statement.whenclause)
  // Postgres words what is wrong with any other
  if (filters.length > 1 || filters.some(({ defname }) => defname !== 'tag')) return null
  const [filter] = filters
  return call('create_event_trigger', [
    quoteLiteral(statement.trigname ?? ''),
    quoteLiteral(statement.eventname ?? ''),
    filter === undefined ? 'null' : textArray(list(filter.arg)),
    functionNamed(namesOf(statement.funcname), ''),
  ])
}

export function adaptForeignDataWrapper(statement: CreateFdwStmt): Adapted | null {
  const functions = elements(statement.func_options)
  const find = (name: string): string[] =>
    list(functions.find(({ defname }) => defname === name)?.arg)
  return call('create_foreign_data_wrapper', [
    quoteLiteral(statement.fdwname ?? ''),
    functionNamed(find('handler'), ''),
    functionNamed(find('validator'), 'pg_catalog.text[], pg_catalog.oid'),
    optionArray(elements(statement.options)),
  ])
}

/** The schemas of `tables in schema a, current_schema`; null where tables are named too. */
function schemas(objects: readonly Node[] | undefined): string | null {
  const named = (objects ?? []).map((node) => {
    if (!('PublicationObjSpec' in node)) return null
    const { pubobjtype, name } = node.PublicationObjSpec
    if (pubobjtype === 'PUBLICATIONOBJ_TABLES_IN_CUR_SCHEMA') return 'current_schema()'
    return pubobjtype === 'PUBLICATIONOBJ_TABLES_IN_SCHEMA' ? quoteLiteral(name ?? '') : null
  })
  if (named.length === 0 || named.includes(null)) return null
  return `array[${named.join(', ')}]::pg_catalog.name[]`
}

export function adaptCreatePublication(statement: CreatePublicationStmt): Adapted | null {
  const isForAll = statement.for_all_tables === true
  const within = schemas(statement.pubobjects)
  if (!isForAll && within === null) return null
  return call('create_publication', [
    quoteLiteral(statement.pubname ?? ''),
    isForAll || within === null ? 'null' : within,
    optionArray(elements(statement.options)),
  ])
}

const actions: Readonly<Record<string, string>> = {
  AP_AddObjects: 'add',
  AP_SetObjects: 'set',
  AP_DropObjects: 'drop',
}

export function adaptAlterPublication(statement: AlterPublicationStmt): Adapted | null {
  const within = schemas(statement.pubobjects)
  const action = actions[statement.action ?? '']
  if (within === null || action === undefined) return null
  return call('alter_publication', [
    quoteLiteral(statement.pubname ?? ''),
    quoteLiteral(action),
    within,
  ])
}

const deletions: Readonly<Record<string, string>> = {
  a: 'no action',
  r: 'restrict',
  c: 'cascade',
  n: 'set null',
  d: 'set default',
}

/** `alter table … add constraint … foreign key (secret_id) references vault.secrets (id)`: nobody has the right to refer to it. */
export function adaptSecretReference({ relation, cmds = [] }: AlterTableStmt): Adapted | null {
  const [command] = cmds.map((node) => ('AlterTableCmd' in node ? node.AlterTableCmd : undefined))
  const definition = command?.def
  if (cmds.length !== 1 || definition === undefined || !('Constraint' in definition)) return null
  const { contype, conname, pktable, fk_attrs, fk_del_action = 'a' } = definition.Constraint
  const [column, ...others] = namesOf(fk_attrs)
  const refers = contype === 'CONSTR_FOREIGN' && pktable?.schemaname === 'vault'
  if (!refers || pktable.relname !== 'secrets' || column === undefined || others.length > 0)
    return null
  const names = relation?.schemaname === undefined ? [] : [relation.schemaname]
  const table = [...names, relation?.relname ?? ''].map(quoteIdentifier).join('.')
  return call('refer_to_secret', [
    `${quoteLiteral(table)}::pg_catalog.regclass`,
    quoteLiteral(conname ?? `${relation?.relname ?? ''}_${column}_fkey`),
    quoteLiteral(column),
    quoteLiteral(deletions[fk_del_action] ?? 'no action'),
  ])
}
