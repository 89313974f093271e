/** What the answers about the catalog look like. */
import { flag, integer, listOf, nullable, object, oneOf, text } from '#host/control-plane/route'
import type { Schema } from '#host/control-plane/route'

export const name = (description: string): Schema => text(description, 63)
const oid = (description: string): Schema => integer(description, 0, 4_294_967_295)
const sqlText = (description: string): Schema => text(description, 500_000)

export const kindSchema = oneOf(
  ['table', 'partitioned', 'view', 'materialized view', 'foreign table'],
  'What it is',
)

export const catalogSchema = object({
  schemas: listOf(name('Of the project and the platform')),
  relations: listOf(
    object({
      oid: oid('Its number, as long as it is not made anew'),
      schema: name('Its schema'),
      name: name('Its name'),
      kind: kindSchema,
      partition_of: nullable(oid('The partitioned table it is a part of')),
      rls_enabled: flag('Policies decide who sees which row'),
      rls_forced: flag('For its owner too'),
      policies: integer('How many'),
      estimated_rows: nullable(integer('As Postgres last counted; null where it never did')),
      bytes: integer('With indexes, as of the last VACUUM or ANALYZE'),
      comment: nullable(text('Of the relation', 10_000)),
    }),
  ),
})

const columnSchema = object({
  name: name('Its name'),
  type: text('As Postgres writes it'),
  base_type: name('Of the elements of an array, and below domains'),
  is_array: flag('An array'),
  category: text('pg_type.typcategory', 1),
  enum_values: nullable(listOf(text('In order'))),
  nullable: flag('Whether it may be null'),
  default: nullable(text('An expression', 10_000)),
  generated: nullable(oneOf(['stored', 'virtual'], 'Made of other columns')),
  expression: nullable(text('Of a generated column', 10_000)),
  identity: nullable(oneOf(['always', 'by default'], 'Numbered by Postgres')),
  comment: nullable(text('Of the column', 10_000)),
  updatable: flag('Can be written'),
})

const action = oneOf(
  ['no action', 'restrict', 'cascade', 'set null', 'set default'],
  'What follows',
)

const foreignKeySchema = object({
  name: name('Of the constraint'),
  from_oid: oid('The table that refers'),
  from_schema: name('Of the table that refers'),
  from_table: name('The table that refers'),
  columns: listOf(name('That refer')),
  to_oid: oid('The table referred to'),
  to_schema: name('Of the table referred to'),
  to_table: name('The table referred to'),
  to_columns: listOf(name('Referred to')),
  on_update: action,
  on_delete: action,
})

export const policySchema = object({
  name: name('Of the policy'),
  permissive: flag('One of these is enough; all of the others are needed'),
  command: oneOf(['ALL', 'SELECT', 'INSERT', 'UPDATE', 'DELETE'], 'What it is for'),
  roles: listOf(name('Whom it is for')),
  using: nullable(text('Which rows', 100_000)),
  check: nullable(text('Which new rows', 100_000)),
  comment: nullable(text('Of the policy', 10_000)),
})

const constraint = { name: name('Of the constraint'), definition: sqlText('SQL') }

export const relationSchema = object({
  oid: oid('Its number'),
  schema: name('Its schema'),
  name: name('Its name'),
  kind: kindSchema,
  owner: name('Whose it is'),
  rls_enabled: flag('Policies decide who sees which row'),
  rls_forced: flag('For its owner too'),
  estimated_rows: nullable(integer('As Postgres last counted')),
  bytes: integer('Without indexes, as of the last VACUUM or ANALYZE'),
  comment: nullable(text('Of the relation', 10_000)),
  updatable: flag('Rows can be inserted, updated and deleted'),
  partition_of: nullable(oid('The partitioned table it is a part of')),
  partition_key: nullable(text('Of a partitioned table', 10_000)),
  columns: listOf(columnSchema),
  primary_key: listOf(name('A column')),
  key: nullable(listOf(name('A column'), 'What tells rows apart')),
  uniques: listOf(object({ ...constraint, columns: listOf(name('A column')) })),
  checks: listOf(object(constraint)),
  exclusions: listOf(object(constraint)),
  foreign_keys: listOf(foreignKeySchema),
  referenced_by: listOf(foreignKeySchema),
  indexes: listOf(
    object({
      name: name('Of the index'),
      definition: sqlText('SQL'),
      unique: flag('No two rows have the same'),
      primary: flag('Of the primary key'),
      valid: flag('Whether it is used'),
      scans: integer('How often it was used'),
      bytes: integer('As of the last VACUUM or ANALYZE'),
    }),
  ),
  triggers: listOf(
    object({
      ...constraint,
      enabled: flag('Whether it fires'),
      function: name('What it calls'),
      function_schema: name('Of what it calls'),
    }),
  ),
  policies: listOf(policySchema),
  grants: listOf(object({ role: name('Whom'), privileges: listOf(text('SELECT, INSERT, …', 40)) })),
  definition: text('The SQL that makes it', 4_000_000),
})

export const namesSchema = listOf(
  object({
    schema: name('Its name'),
    relations: listOf(
      object({
        name: name('Its name'),
        columns: listOf(object({ name: name('Its name'), type: text('Its type') })),
      }),
    ),
    functions: listOf(
      object({
        name: name('Its name'),
        arguments: text('As Postgres writes them', 1000),
        returns: nullable(text('As Postgres writes it', 1000)),
      }),
    ),
  }),
)

export const diagramSchema = listOf(
  object({
    oid: oid('Its number'),
    schema: name('Its schema'),
    name: name('Its name'),
    columns: listOf(
      object({
        name: name('Its name'),
        type: text('Its type'),
        nullable: flag('Whether it may be null'),
        primary: flag('Of the primary key'),
      }),
    ),
    foreign_keys: listOf(
      object({
        name: name('Of the constraint'),
        columns: listOf(name('That refer')),
        to_oid: oid('The table referred to'),
        to_schema: name('Of the table referred to'),
        to_table: name('The table referred to'),
        to_columns: listOf(name('Referred to')),
      }),
    ),
  }),
)
