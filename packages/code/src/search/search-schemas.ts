/** What answers of searches have in them. */
import { schema } from '#http'
import type { Schema } from '#http'

const { integer, listOf, named, nextCursor, objectOf, orNull, text, uuid } = schema

/** Of a number that may be beyond what JavaScript has: as text. */
const id: Schema = { ...text, pattern: '^\\d+$' }

const symbolColumns = {
  id,
  name: text,
  kind: { ...text, description: 'function, class, method, …' },
  signature: text,
  container: { ...orNull(text), description: 'What it stands in' },
  language: text,
  file_id: id,
  path: text,
  repository_id: uuid,
  start_line: { ...integer, description: 'From 1' },
  start_column: { ...integer, description: 'From 0, in UTF-16' },
  end_line: integer,
  end_column: integer,
}
export const symbol = named('Symbol', objectOf(symbolColumns))

const caller = named(
  'Caller',
  objectOf({ ...symbolColumns, lines: { ...listOf(integer), description: 'Where it calls' } }),
)

const reference = named(
  'Reference',
  objectOf({
    kind: text,
    path: text,
    line: integer,
    column: integer,
    symbol_id: { ...orNull(id), description: 'What it stands in' },
    symbol_name: orNull(text),
  }),
)

const line = named(
  'Line',
  objectOf({
    file_id: id,
    path: text,
    language: orNull(text),
    repository_id: uuid,
    line: integer,
    text: { ...text, description: 'Its first 500 characters' },
  }),
)

const fileColumns = {
  id,
  repository_id: uuid,
  path: text,
  language: orNull(text),
  content_hash: text,
  size_bytes: integer,
  line_count: integer,
  status: { ...text, description: 'indexed, or why it was not' },
}
const file = named('File', objectOf(fileColumns))

export const fileWithText = named(
  'FileWithText',
  objectOf({ ...fileColumns, content: { ...orNull(text), description: 'Null: it is not text' } }),
)

const pageOf = (name: string, items: Schema): Schema =>
  objectOf({ [name]: listOf(items), next_cursor: nextCursor })

export const symbols = pageOf('symbols', symbol)
export const callers = pageOf('callers', caller)
export const references = pageOf('references', reference)
export const matches = pageOf('matches', line)
export const files = pageOf('files', file)
