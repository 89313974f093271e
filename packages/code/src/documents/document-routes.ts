/** Documents of a user: written, read, deleted, found by words. */
import { createHash } from 'node:crypto'
import { CodeError } from '#core'
import { defineRoute, schema, uuidOf } from '#http'
import type { Fields } from '#http'
import { dataOf } from '#caller'
import type { Context } from '#caller'
import { readBounded } from '#search'

const columns = 'id, path, title, content, content_hash, tags, metadata, created_at, updated_at'
const short = 'id, path, title, content_hash, tags, metadata, created_at, updated_at'

const fields: Fields = {
  path: { type: 'string', description: 'Its name, one for each user', maximum: 1_000 },
  title: { type: 'string', description: 'For people', maximum: 1_000, nullable: true },
  content: { type: 'string', description: 'Text', maximum: 1_000_000, nullable: true },
  tags: { type: 'array', description: 'Words', nullable: true },
  metadata: { type: 'object', description: 'Your own' },
}

const { anyObject, listOf, named, number, objectOf, orNull, text, time, uuid } = schema

const common = { id: uuid, path: text, title: orNull(text), tags: orNull(listOf(text)) }
const listed = {
  ...common,
  content_hash: orNull(text),
  metadata: anyObject,
  created_at: time,
  updated_at: time,
}
const whole = named('Document', objectOf({ ...listed, content: orNull(text) }))
const found = objectOf({ ...common, rank: number, excerpt: text })

function rowOf(input: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { content } = input
  if (typeof content !== 'string') return { ...input }
  return { ...input, content_hash: createHash('sha256').update(content).digest('hex') }
}

/** A regular expression: in `like` PostgREST has no way to say a star. */
function beginningWith(prefix: string): string {
  return `^${prefix.replace(/[!-/:-@[-^`{-~]/g, '\\$&')}`
}

const search = `
select id, path, title, tags, ts_rank(code.document_words(title, content), query) as rank,
  ts_headline('pg_catalog.english', left(coalesce(content, ''), 20000), query, 'MaxFragments=1, MaxWords=20, MinWords=5, StartSel=**, StopSel=**') as excerpt
from (select id, path, title, tags, content, query from public.documents, websearch_to_tsquery('pg_catalog.english', $2) query
  where user_id = $1 and code.document_words(title, content) @@ query
  order by ts_rank(code.document_words(title, content), query) desc, id limit $3) found
order by rank desc, id`

export const documentRoutes = [
  defineRoute<Context>({
    method: 'POST',
    path: '/api/v1/documents',
    summary: 'Writes a document.',
    tag: 'documents',
    permission: 'write',
    body: {
      ...fields,
      path: { type: 'string', description: 'Its name', required: true, maximum: 1_000 },
    },
    answers: whole,
    handle: async ({ supabase, caller }, { input }) => {
      const row = { ...rowOf(input), user_id: caller.userId }
      return {
        status: 201,
        body: dataOf(await supabase.from('documents').insert(row).select(columns).single()),
      }
    },
  }),
  defineRoute<Context>({
    method: 'GET',
    path: '/api/v1/documents',
    summary: 'Lists documents by path, without their text.',
    tag: 'documents',
    permission: 'read',
    query: {
      prefix: { type: 'string', description: 'Of the path', maximum: 1_000 },
      limit: { type: 'integer', description: 'How many', minimum: 1, maximum: 200, default: 50 },
      after: { type: 'string', description: 'The last path of the page before', maximum: 1_000 },
    },
    answers: objectOf({ documents: listOf(named('ListedDocument', objectOf(listed))) }),
    handle: async ({ supabase, caller }, { input }) => {
      let query = supabase.from('documents').select(short).eq('user_id', caller.userId)
      if (typeof input['prefix'] === 'string')
        query = query.filter('path', 'match', beginningWith(input['prefix']))
      if (input['after'] !== undefined) query = query.gt('path', input['after'])
      const documents = dataOf(await query.order('path').limit(Number(input['limit'])))
      return { status: 200, body: { documents } }
    },
  }),
  defineRoute<Context>({
    method: 'GET',
    path: '/api/v1/documents/search',
    summary: 'Finds documents by words: "exact phrase", or, -not.',
    tag: 'documents',
    permission: 'read',
    query: {
      q: { type: 'string', description: 'Words', required: true, maximum: 500 },
      limit: { type: 'integer', description: 'How many', minimum: 1, maximum: 100, default: 20 },
    },
    answers: objectOf({ documents: listOf(named('FoundDocument', found)) }),
    handle: async (context, { input }) => {
      const rows = await readBounded(context, {
        name: 'code.searchDocuments',
        text: search,
        values: [context.caller.userId, input['q'], input['limit']],
        isKept: true,
      })
      return { status: 200, body: { documents: rows } }
    },
  }),
  defineRoute<Context>({
    method: 'GET',
    path: '/api/v1/documents/:id',
    summary: 'A document.',
    tag: 'documents',
    permission: 'read',
    answers: whole,
    handle: async ({ supabase, caller }, { path }) => {
      const query = supabase.from('documents').select(columns).eq('user_id', caller.userId)
      return { status: 200, body: dataOf(await query.eq('id', uuidOf(path)).single()) }
    },
  }),
  defineRoute<Context>({
    method: 'PATCH',
    path: '/api/v1/documents/:id',
    summary: 'Changes what is given of a document.',
    tag: 'documents',
    permission: 'write',
    body: fields,
    answers: whole,
    handle: async ({ supabase, caller }, { path, input }) => {
      if (Object.keys(input).length === 0)
        throw new CodeError('invalid_request', { message: 'Nothing is to be changed.' })
      const query = supabase.from('documents').update(rowOf(input)).eq('user_id', caller.userId)
      return {
        status: 200,
        body: dataOf(await query.eq('id', uuidOf(path)).select(columns).single()),
      }
    },
  }),
  defineRoute<Context>({
    method: 'DELETE',
    path: '/api/v1/documents/:id',
    summary: 'Deletes a document.',
    tag: 'documents',
    permission: 'write',
    handle: async ({ supabase, caller }, { path }) => {
      const query = supabase.from('documents').delete().eq('user_id', caller.userId)
      dataOf(await query.eq('id', uuidOf(path)).select('id').single())
      return { status: 204 }
    },
  }),
]
