/** What questions about policies and their answers look like. */
import {
  anyObject,
  flag,
  integer,
  listOf,
  nullable,
  number,
  object,
  oneOf,
  text,
} from '#host/control-plane/route'
import type { Schema } from '#host/control-plane/route'

const name = (description: string): Schema => text(description, 63)
const expression = text('SQL', 100_000)
const value: Schema = { type: ['boolean', 'null'], description: 'Null counts as no' }
const cell: Schema = { type: ['string', 'null'] }
const ms = (description: string): Schema => nullable(number(description))
const plan: Schema = { description: 'As EXPLAIN (FORMAT JSON) has it' }

export const matrixSchema = listOf(
  object({
    oid: integer('Of the table'),
    schema: name('Of the table'),
    name: name('Of the table'),
    rls_enabled: flag('Policies decide who sees which row'),
    rls_forced: flag('For its owner too'),
    cells: listOf(
      object({
        role: name('Who'),
        command: oneOf(['SELECT', 'INSERT', 'UPDATE', 'DELETE'], 'What'),
        verdict: oneOf(['all', 'none', 'some', 'no grant'], 'Which rows'),
        grant: oneOf(['table', 'columns', 'none'], 'What is granted'),
        rls: flag('Policies are asked of this role'),
        policies: listOf(name('That are asked')),
      }),
    ),
  }),
)

export const patternsSchema = listOf(
  object({
    name: text('Its name'),
    title: text('For people'),
    description: text('What it does'),
    parameters: listOf(
      object({
        name: text('In double braces'),
        kind: oneOf(['column', 'table', 'text'], 'What it is'),
        description: text('For people'),
        default: text('What is there unless told'),
      }),
    ),
    needs: text('SQL that comes first', 10_000),
    policies: text('SQL', 10_000),
  }),
)

export const explainRequest = object({
  'user?': text('Of auth.users: role and claims are those of a token of theirs', 40),
  'role?': name('Default that of the user or the claims, else anon'),
  'claims?': anyObject('Of a token'),
  relation: {
    type: ['integer', 'object'],
    description: 'Its oid, or its name',
    minimum: 0,
    properties: { schema: name('Its schema'), name: name('Its name') },
    required: ['schema', 'name'],
    additionalProperties: false,
  },
  operation: oneOf(['select', 'insert', 'update', 'delete'], 'What is tried'),
  'key?': listOf(cell, 'Of one row'),
  'row?': anyObject('Of an insert the row, of an update what is new: text or null by column'),
  'limit?': integer('Rows that are looked at; default 20', 1, 200),
  'cost?': flag('Also measure what each policy costs: some seconds'),
})

/** Deeper parts have the same members. */
const tree = object({
  op: oneOf(['and', 'or', 'not', 'leaf'], 'How its parts make it'),
  expression,
  value,
  error: nullable(text('What Postgres said where it has none', 10_000)),
  children: listOf(anyObject('A part')),
})

export const explainResponse = object({
  relation: object({
    oid: integer('Its number'),
    schema: name('Its schema'),
    name: name('Its name'),
  }),
  operation: oneOf(['select', 'insert', 'update', 'delete'], 'What was tried'),
  role: name('As whom'),
  claims: anyObject('Of the token'),
  grant: oneOf(['table', 'columns', 'none'], 'What is granted'),
  rls: flag('Policies are asked'),
  reason: nullable(text('Where policies do not decide: why', 1000)),
  rows: listOf(
    object({
      key: listOf(cell),
      row: anyObject('By column'),
      passes: flag('It can be reached'),
      by: listOf(
        object({
          policy: name('Its name'),
          permissive: flag('One of these is enough'),
          command: oneOf(['ALL', 'SELECT', 'INSERT', 'UPDATE', 'DELETE'], 'What it is for'),
          on: oneOf(['existing row', 'new row'], 'What it was asked of'),
          expression,
          value,
          tree,
        }),
      ),
      reason: text('For people', 200_000),
      refused_by: nullable(object({ policy: name('Its name'), expression })),
    }),
  ),
  tried: nullable(
    object({
      rows: integer('That were written, and undone'),
      error: nullable(text('What Postgres said', 10_000)),
    }),
  ),
  cost: listOf(
    object({
      policy: name('Its name'),
      expression,
      ms: ms('On all rows; null where it took longer than 5 s'),
      rows: nullable(integer('That were looked at')),
      ms_per_row: ms('Of them'),
      plan,
      advice: listOf(
        object({
          kind: oneOf(['rewrite', 'index'], 'What to do'),
          sql: text('The expression, or the statement', 100_000),
          before_ms: ms('As it is'),
          after_ms: ms('With it; null where it was not tried'),
          plan,
          note: nullable(text('Why it was not tried')),
        }),
      ),
    }),
  ),
})
