/** Listing: folders that are made of names (v1), and pages of keys (v2); of what the caller sees. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import { readBody, readRows, requireCaller } from '#services/storage/core'
import type { StorageContext } from '#services/storage/core'
import { decodeCursor, encodeCursor } from './list-cursor.ts'
import type { ListOrder } from './list-cursor.ts'
import { searchFolder } from './search-folder.ts'
import { searchKeys } from './search-keys.ts'
import type { ListedKey } from './search-keys.ts'

const orders = ['asc', 'desc'] as const
/** Postgres counts rows as int4, and adds the page to what is left out. */
const max = 2_147_480_000

/** `POST /object/list/:bucket`: names below a folder. */
export async function listFolder(context: StorageContext): Promise<HttpResponse> {
  const caller = requireCaller(context)
  const body = await readBody(context)
  const prefix = body.requiredText('prefix')
  const sort = body.object('sortBy')
  const columns = ['name', 'updated_at', 'created_at', 'last_accessed_at'] as const
  const rows = await readRows(
    context,
    caller,
    searchFolder({
      bucketId: context.bucketId,
      prefix: prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`,
      limit: body.integer('limit', { min: 1, max }) ?? 100,
      offset: body.integer('offset', { max }) ?? 0,
      search: body.text('search') ?? '',
      column: sort?.choice('column', columns) ?? 'name',
      order: sort?.choice('order', orders) ?? 'asc',
    }),
  )
  return jsonResponse(200, rows)
}

/** `POST /object/list-v2/:bucket`: keys behind a cursor, with or without folders. */
export async function listKeys(context: StorageContext): Promise<HttpResponse> {
  const caller = requireCaller(context)
  const body = await readBody(context)
  const limit = body.integer('limit', { min: 1, max: 1000 }) ?? 1000
  const sort = body.object('sortBy')
  const asked: ListOrder = {
    column: sort?.choice('column', ['name', 'created_at', 'updated_at']) ?? 'name',
    order: sort?.choice('order', orders) ?? 'asc',
  }
  const cursor = body.text('cursor') ?? ''
  const from = cursor === '' ? { ...asked, after: '', time: '' } : decodeCursor(cursor)
  const rows = await readRows<ListedKey>(
    context,
    caller,
    searchKeys({
      ...from,
      bucketId: context.bucketId,
      prefix: body.text('prefix') ?? '',
      // one more tells whether there is a next page
      limit: limit + 1,
      withFolders: body.boolean('with_delimiter') ?? false,
    }),
  )
  const page = rows.slice(0, limit)
  return jsonResponse(200, { ...pageEnd(rows, page, from), ...split(page) })
}

function pageEnd(
  rows: readonly ListedKey[],
  page: readonly ListedKey[],
  { column, order }: ListOrder,
) {
  const last = page.at(-1)
  if (rows.length === page.length || last === undefined) return { hasNext: false }
  const time = column === 'name' ? '' : last.sort_time
  const nextCursor = encodeCursor({ column, order, after: last.name, time })
  return { hasNext: true, nextCursor, nextCursorKey: last.name }
}

function split(page: readonly ListedKey[]) {
  const folders = page.filter(({ id }) => id === null)
  const objects = page.filter(({ id }) => id !== null)
  return {
    folders: folders.map(({ name }) => ({ name, key: name.replace(/\/$/, '') })),
    objects: objects.map((object) => ({ ...object, sort_time: undefined, key: object.name })),
  }
}
