/** A relation as the SQL that would make it. */
import { quoteIdentifier, quoteLiteral } from '#base/sql'
import type { Column, ForeignKey, Policy, Relation } from './relation.ts'

export const qualified = ({ schema, name }: { schema: string; name: string }): string =>
  `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`

const list = (names: readonly string[]): string => names.map(quoteIdentifier).join(', ')

/** Table or view, then its indexes, policies and comments; not its owner and grants. */
export function renderDefinition(relation: Relation): string {
  const statements = [
    renderRelation(relation),
    ...indexesOf(relation),
    ...(relation.rls_enabled
      ? [`alter table ${qualified(relation)} enable row level security`]
      : []),
    ...(relation.rls_forced ? [`alter table ${qualified(relation)} force row level security`] : []),
    ...relation.policies.map((policy) => renderPolicy(relation, policy)),
    ...relation.triggers.map(({ definition }) => definition),
    ...commentsOf(relation),
  ]
  return `${statements.join(';\n\n')};\n`
}

function renderRelation(relation: Relation): string {
  const { kind, view_query: query } = relation
  if (query !== null)
    return `create ${kind} ${qualified(relation)} as\n${query.replace(/;\s*$/, '')}`
  const { primary_key: primary, uniques, checks, exclusions, foreign_keys: keys } = relation
  const members = [
    ...relation.columns.map(renderColumn),
    ...(primary.length > 0 ? [`primary key (${list(primary)})`] : []),
    ...[...uniques, ...checks, ...exclusions].map(
      ({ name, definition }) => `constraint ${quoteIdentifier(name)} ${definition}`,
    ),
    ...keys.map(renderForeignKey),
  ]
  const partition =
    relation.partition_key === null ? '' : ` partition by ${relation.partition_key.toLowerCase()}`
  return `create ${kind === 'foreign table' ? kind : 'table'} ${qualified(relation)} (\n  ${members.join(',\n  ')}\n)${partition}`
}

function renderColumn({ name, type, nullable, identity, generated, ...column }: Column): string {
  const parts = [quoteIdentifier(name), type]
  if (generated !== null) parts.push(`generated always as (${column.expression}) ${generated}`)
  else if (identity !== null) parts.push(`generated ${identity} as identity`)
  else if (column.default !== null) parts.push(`default ${column.default}`)
  if (!nullable) parts.push('not null')
  return parts.join(' ')
}

function renderForeignKey(key: ForeignKey): string {
  const to = qualified({ schema: key.to_schema, name: key.to_table })
  const actions = [
    ...(key.on_update === 'no action' ? [] : [` on update ${key.on_update}`]),
    ...(key.on_delete === 'no action' ? [] : [` on delete ${key.on_delete}`]),
  ].join('')
  return `constraint ${quoteIdentifier(key.name)} foreign key (${list(key.columns)}) references ${to} (${list(key.to_columns)})${actions}`
}

/** Those of constraints are made by them. */
function indexesOf({ indexes, uniques, exclusions }: Relation): string[] {
  const made = new Set([...uniques, ...exclusions].map(({ name }) => name))
  return indexes
    .filter(({ name, primary }) => !primary && !made.has(name))
    .map(({ definition }) => definition)
}

export function renderPolicy(table: { schema: string; name: string }, policy: Policy): string {
  const roles = policy.roles.map((role) => (role === 'public' ? role : quoteIdentifier(role)))
  return [
    `create policy ${quoteIdentifier(policy.name)} on ${qualified(table)}`,
    ...(policy.permissive ? [] : ['  as restrictive']),
    `  for ${policy.command.toLowerCase()} to ${roles.join(', ')}`,
    ...(policy.using === null ? [] : [`  using (${policy.using})`]),
    ...(policy.check === null ? [] : [`  with check (${policy.check})`]),
  ].join('\n')
}

function commentsOf(relation: Relation): string[] {
  const { comment, columns, kind } = relation
  const own =
    comment === null
      ? []
      : [
          `comment on ${kind === 'partitioned' ? 'table' : kind} ${qualified(relation)} is ${quoteLiteral(comment)}`,
        ]
  return [
    ...own,
    ...columns
      .filter((column) => column.comment !== null)
      .map(
        (column) =>
          `comment on column ${qualified(relation)}.${quoteIdentifier(column.name)} is ${quoteLiteral(column.comment as string)}`,
      ),
  ]
}
