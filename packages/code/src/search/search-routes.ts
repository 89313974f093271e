/** The searches as routes; those with a pattern by GET and by POST. */
import { defineRoute, numberOf } from '#http'
import type { Answer, Fields, HttpCall, Route } from '#http'
import type { Context } from '#caller'
import { findCode } from './find-code.ts'
import type { CodeSearch } from './find-code.ts'
import { findFiles, readFile } from './find-files.ts'
import type { FileSearch } from './find-files.ts'
import { findCallers, findReferences, readSymbol } from './find-references.ts'
import type { PageOf } from './find-references.ts'
import { findSymbols } from './find-symbols.ts'
import * as schemas from './search-schemas.ts'
import { matches } from './symbol-search.ts'
import type { SymbolSearch } from './symbol-search.ts'

const page: Fields = {
  limit: { type: 'integer', description: 'How many', minimum: 1, maximum: 200, default: 20 },
  cursor: {
    type: 'string',
    description: 'next_cursor of the page before',
    maximum: 4_000,
    ignoresNull: true,
  },
}
const scope: Fields = {
  repository_id: { type: 'string', format: 'uuid', description: 'In this repository only' },
  language: { type: 'string', description: 'typescript, python, …', maximum: 50 },
  path: { type: 'string', description: 'A glob, * across folders: src/*.ts', maximum: 500 },
}
const symbolFields: Fields = {
  pattern: { type: 'string', description: 'A name, or a part of it', required: true, maximum: 256 },
  match: {
    type: 'string',
    description: 'exact, prefix and glob (of * and ?) with case, substring and fuzzy without',
    enum: matches,
    default: 'substring',
  },
  kind: { type: 'string', description: 'function, class, method, …', maximum: 50 },
  ...scope,
  ...page,
}
const codeFields: Fields = {
  pattern: { type: 'string', description: 'Part of a line', required: true, maximum: 1_000 },
  regex: {
    type: 'boolean',
    description: 'A regular expression of PostgreSQL, of a line',
    default: false,
  },
  ignore_case: { type: 'boolean', description: 'Small and capital are the same', default: false },
  ...scope,
  ...page,
}

function searchSymbols(context: Context, { input }: HttpCall): Promise<Answer> {
  return answer(context, 'symbols', input, async () => {
    const { rows, next_cursor } = await findSymbols(context, input as unknown as SymbolSearch)
    return { symbols: rows, next_cursor }
  })
}

function searchCode(context: Context, { input }: HttpCall): Promise<Answer> {
  return answer(context, 'code', input, async () => {
    const { rows, next_cursor } = await findCode(context, input as unknown as CodeSearch)
    return { matches: rows, next_cursor }
  })
}

/** As it was answered before, where nothing has changed since. */
async function answer(
  { answers, caller }: Context,
  what: string,
  input: HttpCall['input'],
  find: () => Promise<object>,
): Promise<Answer> {
  if (answers === null) return { status: 200, body: await find() }
  const { repository_id: repositoryId } = input as { readonly repository_id?: string }
  const asked = what + JSON.stringify(input)
  const json = await answers.answer({ userId: caller.userId, repositoryId }, asked, find)
  return { status: 200, json }
}

/** A search changes nothing: POST is for patterns that are long. */
function byBoth(
  route: Pick<Route<Context>, 'path' | 'summary' | 'answers' | 'handle'>,
  fields: Fields,
): Route<Context>[] {
  const common = { ...route, tag: 'search', permission: 'read' } as const
  return [
    defineRoute<Context>({ ...common, method: 'GET', query: fields }),
    defineRoute<Context>({ ...common, method: 'POST', body: fields }),
  ]
}

export const searchRoutes = [
  ...byBoth(
    {
      path: '/api/v1/symbols/search',
      summary: 'Finds symbols by name.',
      answers: schemas.symbols,
      handle: searchSymbols,
    },
    symbolFields,
  ),
  ...byBoth(
    {
      path: '/api/v1/search/code',
      summary: 'Finds lines of code, in no particular order.',
      answers: schemas.matches,
      handle: searchCode,
    },
    codeFields,
  ),
  defineRoute<Context>({
    method: 'GET',
    path: '/api/v1/symbols/:id',
    summary: 'One symbol.',
    tag: 'search',
    permission: 'read',
    answers: schemas.symbol,
    handle: async (context, { path }) => ({
      status: 200,
      body: await readSymbol(context, numberOf(path)),
    }),
  }),
  defineRoute<Context>({
    method: 'GET',
    path: '/api/v1/symbols/:id/references',
    summary: 'Where its name is referred to, in its repository.',
    tag: 'search',
    permission: 'read',
    query: page,
    answers: schemas.references,
    handle: async (context, { path, input }) => {
      const found = await findReferences(context, numberOf(path), input as unknown as PageOf)
      return { status: 200, body: { references: found.rows, next_cursor: found.next_cursor } }
    },
  }),
  defineRoute<Context>({
    method: 'GET',
    path: '/api/v1/symbols/:id/callers',
    summary: 'Symbols that call one of its name, in its repository.',
    tag: 'search',
    permission: 'read',
    query: page,
    answers: schemas.callers,
    handle: async (context, { path, input }) => {
      const found = await findCallers(context, numberOf(path), input as unknown as PageOf)
      return { status: 200, body: { callers: found.rows, next_cursor: found.next_cursor } }
    },
  }),
  defineRoute<Context>({
    method: 'GET',
    path: '/api/v1/files',
    summary: 'Lists files by path.',
    tag: 'search',
    permission: 'read',
    query: { ...scope, ...page },
    answers: schemas.files,
    handle: async (context, { input }) => {
      const found = await findFiles(context, input as unknown as FileSearch)
      return { status: 200, body: { files: found.rows, next_cursor: found.next_cursor } }
    },
  }),
  defineRoute<Context>({
    method: 'GET',
    path: '/api/v1/files/:id',
    summary: 'A file with its text.',
    tag: 'search',
    permission: 'read',
    answers: schemas.fileWithText,
    handle: async (context, { path }) => ({
      status: 200,
      body: await readFile(context, numberOf(path)),
    }),
  }),
]
