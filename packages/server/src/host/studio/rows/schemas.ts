/** What questions for rows and their answers look like. */
import {
  anyObject,
  flag,
  integer,
  listOf,
  nullable,
  object,
  oneOf,
  text,
} from '#host/control-plane/route'
import type { Schema } from '#host/control-plane/route'
import { operators } from './row-query.ts'

const column = text('Its name', 63)
/** Text as Postgres prints it, never a number. */
const value: Schema = { type: ['string', 'null'], description: 'As Postgres prints it' }
const row = listOf(value)
export const identitySchema = {
  'role?': text('As whom; default postgres', 63),
  'claims?': anyObject('Of a token: request.jwt.claims'),
}

export const filtersSchema: Schema = {
  ...listOf(
    object({
      column,
      op: oneOf(operators, 'How it is compared'),
      'value?': {
        type: ['string', 'array'],
        description: 'Text; for `in` a list of it',
        maxLength: 100_000,
        items: text('One of them', 100_000),
        maxItems: 10_000,
      },
    }),
    'All of them hold',
  ),
  maxItems: 100,
}

export const sortSchema: Schema = {
  ...listOf(
    object({
      column,
      'desc?': flag('Downwards'),
      'nulls_first?': flag('Default as Postgres: where desc'),
    }),
  ),
  maxItems: 20,
}

export const columnsSchema: Schema = { ...listOf(column, 'Default all'), maxItems: 1600 }

export const rowsRequest = object({
  'columns?': columnsSchema,
  'filters?': filtersSchema,
  'sort?': sortSchema,
  'limit?': integer('Default 200', 1, 500),
  'after?': row,
  'before?': row,
  'from?': {
    type: ['string', 'object'],
    enum: ['start', 'end'],
    description: '`start`, `end`, or a part of all rows',
    properties: { fraction: { type: 'number', minimum: 0, maximum: 1 } },
    required: ['fraction'],
    additionalProperties: false,
  },
  ...identitySchema,
})

export const rowsResponse = object({
  columns: listOf(column),
  rows: listOf(row),
  cut: listOf(
    listOf(integer('A place')),
    'Row and column of cells that are not whole; of bytea there is the length',
  ),
  keys: listOf(row, 'What tells each row apart; empty where nothing does'),
  next: nullable(row),
  previous: nullable(row),
  position: nullable(integer('Of the first row, about')),
})

export const countRequest = object({
  'filters?': filtersSchema,
  'exact?': flag('Counted; default as estimated'),
  ...identitySchema,
})
export const countResponse = object({ count: integer('Rows'), exact: flag('Counted') })

export const cellRequest = object({ key: row, column, ...identitySchema })
export const cellResponse = object({ value })

const values = anyObject('By column: text, null, or {"default": true}')
const many = (schema: Schema): Schema => ({ ...schema, maxItems: 1000 })

export const changesRequest = object({
  'inserts?': many(listOf(values)),
  'updates?': many(
    listOf(object({ key: row, old: anyObject('By column: text or null'), new: values })),
  ),
  'deletes?': many(listOf(object({ key: row }))),
  'preview?': flag('Only show the statements'),
  'restore?': flag('Rows as they were, with the numbers they had'),
  ...identitySchema,
})

/** Of a preview `statements`; else the others. */
export const changesResponse = object({
  'statements?': listOf(text('SQL', 2_000_000)),
  'columns?': listOf(column),
  'inserted?': listOf(row),
  'updated?': listOf(row),
  'deleted?': listOf(row),
  'untouched?': integer('Rows that a trigger kept as they are'),
})
