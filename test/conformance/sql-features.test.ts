/** What applications do in SQL (functions, triggers, views, search, JSON, windows, constraints), reached with supabase-js. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SupabaseClient } from '@supabase/supabase-js'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { codeOf, connect, ok, signUp, ways } from './connect.ts'
import type { SignedUp } from './connect.ts'
import { featureSchema } from './sql-features.schema.ts'

const ann = '00000000-0000-4000-8000-000000000001'
const ben = '00000000-0000-4000-8000-000000000002'

describe.each(ways)('%s', (way) => {
  let server: TestPlatform
  let client: SupabaseClient
  let ada: SignedUp
  beforeAll(async () => {
    server = await startTestPlatform({ schema: featureSchema })
    client = connect(server, way)
    ada = await signUp(server, way, 'ada')
  })
  afterAll(() => server.close())

  describe('functions', () => {
    test('one that returns a table, and one that answers success or a reason', async () => {
      const stats = await ok(client.rpc('calculate_user_stats', { user_uuid: ann }))
      expect(stats).toEqual([{ post_count: 3, comment_count: 3 }])
      const create = async (product: number, amount: number) =>
        ((await ok(client.rpc('validate_and_create_order', { product, amount }))) as unknown[])[0]
      expect(await create(1, 2)).toEqual({ success: true, order_id: 4, message: 'created' })
      expect(await create(1, 20)).toEqual({
        success: false,
        order_id: null,
        message: 'not enough in stock',
      })
      expect(await create(9, 1)).toMatchObject({ success: false, message: 'no such product' })
      expect(await ok(client.from('products').select('stock').eq('id', 1))).toEqual([{ stock: 3 }])
    })

    test('an invoker’s rights are the caller’s, a definer’s the owner’s', async () => {
      expect(await ok(client.rpc('count_secrets_as_invoker'))).toBe(0)
      expect(await ok(client.rpc('count_secrets_as_definer'))).toBe(1)
    })

    test('immutable ones by GET, sets filtered and ordered like tables', async () => {
      expect(
        await ok(client.rpc('calculate_discount', { price: 10, percent: 25 }, { get: true })),
      ).toBe(7.5)
      const revenue = client.rpc('get_monthly_revenue', { year: 2026 }, { get: true })
      expect(await ok(revenue.gt('revenue', 5).order('month'))).toEqual([
        { month: 1, revenue: 6 },
        { month: 2, revenue: 43 },
      ])
      const feed = client
        .rpc('get_user_feed', { user_uuid: ben })
        .select('title, users(name)')
        .eq('published', true)
      expect(await ok(feed.order('id').limit(1))).toEqual([
        { title: 'Postgresql tips', users: { name: 'ann' } },
      ])
    })

    test('a transfer locks its rows, and catches what goes wrong', async () => {
      const transfer = (sum: number) =>
        ok(client.rpc('safe_transfer', { source: 1, target: 2, sum }))
      expect(await Promise.all(Array.from({ length: 10 }, () => transfer(10)))).toEqual(
        Array.from({ length: 10 }, () => ({ ok: true })),
      )
      expect(await transfer(1)).toEqual({ ok: false, code: '23514' })
      expect(await ok(client.from('balances').select().order('id'))).toEqual([
        { id: 1, amount: 0 },
        { id: 2, amount: 100 },
      ])
    })

    test('tests written in SQL say what they found', async () => {
      expect(await ok(client.rpc('test_calculate_user_stats'))).toBe('ok')
      const { error, status } = await client.rpc('test_that_fails')
      expect(status).toBe(400)
      expect(error).toMatchObject({
        code: 'P0001',
        message: 'expected 1 but found 2',
        hint: 'look again',
      })
    })
  })

  describe('relations', () => {
    test('nested selects with counts, filters, order and limit of the nested', async () => {
      const nested = client
        .from('users')
        .select('name, posts(title, comments(count))')
        .eq('posts.published', true)
        .order('created_at', { referencedTable: 'posts', ascending: false })
        .limit(1, { referencedTable: 'posts' })
        .order('name')
      expect(await ok(nested)).toEqual([
        { name: 'ann', posts: [{ title: 'Gardening', comments: [{ count: 1 }] }] },
        { name: 'ben', posts: [{ title: 'Cooking', comments: [{ count: 0 }] }] },
      ])
    })

    test('many to many through a junction, from both sides', async () => {
      const posts = client
        .from('posts')
        .select('id, tags(name)')
        .eq('id', 1)
        .order('name', { referencedTable: 'tags' })
      expect(await ok(posts)).toEqual([{ id: 1, tags: [{ name: 'life' }, { name: 'sql' }] }])
      const tags = client
        .from('tags')
        .select('name, posts!inner(title)')
        .eq('posts.title', 'Gardening')
      expect(await ok(tags)).toEqual([{ name: 'life', posts: [{ title: 'Gardening' }] }])
    })

    test('a lateral join: the latest two of each', async () => {
      const top = client.from('top_posts').select('title').eq('name', 'ann').order('title')
      expect(await ok(top)).toEqual([{ title: 'A draft' }, { title: 'Gardening' }])
    })

    test('a tree of categories: level and path by trigger, the whole by recursion, children by embedding', async () => {
      const rows = [
        { id: 1, name: 'books', parent_id: null },
        { id: 2, name: 'fiction', parent_id: 1 },
        { id: 3, name: 'crime', parent_id: 2 },
      ]
      await ok(client.from('categories').insert(rows).select('id'))
      const crime = client
        .from('categories')
        .select('level, path')
        .contains('path', ['fiction', 'crime'])
      expect(await ok(crime)).toEqual([{ level: 3, path: ['books', 'fiction', 'crime'] }])
      expect(
        await ok(client.from('category_tree').select('name, level').gte('level', 2).order('level')),
      ).toEqual([
        { name: 'fiction', level: 2 },
        { name: 'crime', level: 3 },
      ])
      const children = client
        .from('categories')
        .select('name, children:categories!parent_id(name), parent:parent_id(name)')
      expect(await ok(children.eq('id', 2))).toEqual([
        { name: 'fiction', children: [{ name: 'crime' }], parent: { name: 'books' } },
      ])
    })

    test('a deletion takes along what hangs on it', async () => {
      const { id } = await ok(
        client
          .from('users')
          .insert({ name: 'cas', email: 'cas@example.com' })
          .select('id')
          .single(),
      )
      const post = await ok(
        client.from('posts').insert({ user_id: id, title: 'gone' }).select('id').single(),
      )
      await ok(client.from('comments').insert({ post_id: post.id, body: 'x' }).select())
      await ok(client.from('posts').delete().eq('id', post.id).select())
      await ok(client.from('posts').delete().eq('id', post.id).select())
      expect(await ok(client.from('comments').select().eq('post_id', post.id))).toEqual([])
    })
  })

  describe('questions', () => {
    test('aggregates, grouped and filtered', async () => {
      const grouped = client
        .from('products')
        .select(
          'category, count:id.count(), sum:price.sum(), price.avg(), min:price.min(), max:price.max()',
        )
      expect(await ok(grouped.order('category'))).toEqual([
        { category: 'paper', count: 2, sum: 10, avg: 5, min: 3, max: 7 },
        { category: 'pens', count: 1, sum: 40, avg: 40, min: 40, max: 40 },
      ])
      const statistics = client
        .from('price_statistics')
        .select()
        .order('category', { nullsFirst: false })
      expect(await ok(statistics)).toEqual([
        { category: 'paper', dear: 1, median: 5, is_total: 0 },
        { category: 'pens', dear: 1, median: 40, is_total: 0 },
        { category: null, dear: 2, median: 7, is_total: 1 },
      ])
    })

    test('windows: ranks, running totals, neighbours', async () => {
      const ranked = client.from('ranked_products').select().order('row_number')
      expect(await ok(ranked)).toMatchObject([
        {
          name: 'notepad',
          rank: 2,
          category_rank: 1,
          row_number: 1,
          running_total: 3,
          previous: null,
          next: 'notebook',
        },
        {
          name: 'notebook',
          rank: 1,
          category_rank: 1,
          running_total: 10,
          moving_average: 5,
          previous: 'notepad',
        },
        { name: 'fountain', rank: 1, category_rank: 2, running_total: 50, next: null },
      ])
    })

    test('full text: weighted by a trigger, ranked by a function, searched by a filter', async () => {
      const search = (column: string, query: string, type?: 'plain') =>
        ok(
          client
            .from('posts')
            .select('id')
            .textSearch(column, query, { ...(type && { type }), config: 'english' })
            .order('id'),
        )
      expect(await search('title', 'postgresql', 'plain')).toEqual([{ id: 1 }])
      expect(await search('search', 'postgresql')).toEqual([{ id: 1 }, { id: 2 }])
      expect(await search('search', 'database & !garden')).toEqual([{ id: 1 }])
      const ranked = (await ok(client.rpc('search_posts', { query: 'postgresql' }))) as {
        title: string
        rank: number
      }[]
      expect(ranked.map(({ title }) => title)).toEqual(['Postgresql tips', 'Gardening'])
      expect(ranked[0]?.rank).toBeGreaterThan(ranked[1]?.rank as number)
    })

    test('fuzzy: what is spelled alike, best first', async () => {
      const found = (await ok(client.rpc('similar_products', { query: 'notepda' }))) as {
        name: string
      }[]
      expect(found[0]).toMatchObject({ name: 'notepad' })
    })

    test('JSON: contained, compared, unnested, built', async () => {
      const products = () => client.from('products').select('id').order('id')
      expect(await ok(products().contains('metadata', { featured: true }))).toEqual([
        { id: 1 },
        { id: 3 },
      ])
      expect(await ok(products().gte('metadata->price', 100))).toEqual([{ id: 1 }])
      expect(await ok(products().eq('metadata->>price', '90'))).toEqual([{ id: 2 }])
      expect(
        await ok(client.from('products').select('first:metadata->colours->>0').eq('id', 1)),
      ).toEqual([{ first: 'red' }])
      expect(await ok(client.from('product_colours').select('colour').order('colour'))).toEqual([
        { colour: 'blue' },
        { colour: 'red' },
      ])
      expect(await ok(client.from('catalogue').select('items').eq('category', 'pens'))).toEqual([
        { items: [{ name: 'fountain', price: 40 }] },
      ])
    })
  })

  describe('triggers', () => {
    test('an audit of every change, that nobody can write to', async () => {
      await ok(ada.client.from('accounts').insert({ id: 1, name: 'a' }).select())
      await ok(ada.client.from('accounts').update({ name: 'b' }).eq('id', 1).select())
      await ok(ada.client.from('accounts').delete().eq('id', 1).select())
      const logs = client
        .from('audit_logs')
        .select('operation, old_data, new_data, user_id')
        .order('id')
      const [a, b] = [
        { id: 1, name: 'a' },
        { id: 1, name: 'b' },
      ]
      expect(await ok(logs)).toEqual([
        { operation: 'INSERT', old_data: null, new_data: a, user_id: ada.id },
        { operation: 'UPDATE', old_data: a, new_data: b, user_id: ada.id },
        { operation: 'DELETE', old_data: b, new_data: null, user_id: ada.id },
      ])
      expect(await codeOf(ada.client.from('audit_logs').insert({ operation: 'forged' }))).toBe(
        '42501',
      )
    })

    test('a batch of rows in one insert, each with the author’s name, which follows the author', async () => {
      const rows = [1, 2, 3].map((n) => ({ user_id: ben, title: `batch ${n}` }))
      const made = await ok(client.from('posts').insert(rows).select('user_name'))
      expect(made).toEqual([1, 2, 3].map(() => ({ user_name: 'ben' })))
      await ok(client.from('users').update({ name: 'Benedict' }).eq('id', ben).select())
      const names = await ok(client.from('posts').select('user_name').like('title', 'batch%'))
      expect(names).toEqual([1, 2, 3].map(() => ({ user_name: 'Benedict' })))
    })

    test('a soft deletion hides the row from the view, and says who', async () => {
      const post = await ok(
        ada.client.from('posts').insert({ user_id: ann, title: 'to hide' }).select('id').single(),
      )
      expect((await ada.client.from('posts').delete().eq('id', post.id)).status).toBe(204)
      expect(await ok(client.from('active_posts').select().eq('id', post.id))).toEqual([])
      const kept = await ok(
        client.from('posts').select('deleted_at, deleted_by').eq('id', post.id).single(),
      )
      expect(kept).toEqual({ deleted_at: expect.any(String) as string, deleted_by: ada.id })
      expect(
        await ok(client.from('active_posts').select('title, users(name)').eq('id', 1)),
      ).toEqual([{ title: 'Postgresql tips', users: { name: 'ann' } }])
    })

    test('versions of a document are kept, listed and brought back', async () => {
      await ok(
        ada.client.from('documents').insert({ id: 1, title: 'one', content: 'first' }).select(),
      )
      await ok(ada.client.from('documents').update({ content: 'second' }).eq('id', 1).select())
      await ok(client.from('documents').update({ content: 'third' }).eq('id', 1).select())
      const document = await ok(
        client
          .from('documents')
          .select('*, document_versions(version, content, changed_by)')
          .eq('id', 1)
          .single(),
      )
      expect(document).toMatchObject({
        version: 3,
        created_by: ada.id,
        updated_by: '',
        content: 'third',
      })
      expect(document.updated_at > document.created_at).toBe(true)
      expect(document.document_versions).toEqual([
        { version: 1, content: 'first', changed_by: ada.id },
        { version: 2, content: 'second', changed_by: '' },
      ])
      const old = await ok(
        client
          .from('document_versions')
          .select('title, content')
          .match({ document_id: 1, version: 1 })
          .single(),
      )
      const restored = client.from('documents').update(old).eq('id', 1).select('version, content')
      expect(await ok(restored)).toEqual([{ version: 4, content: 'first' }])
    })
  })

  describe('rules', () => {
    test('an enum knows its values, a lookup table its rows', async () => {
      await ok(
        client
          .from('articles')
          .insert([{ id: 1, status: 'published', status_id: 2 }, { id: 2 }] as never, {
            defaultToNull: false,
          })
          .select(),
      )
      expect(await ok(client.from('articles').select('id').eq('status', 'draft'))).toEqual([
        { id: 2 },
      ])
      expect(await ok(client.from('articles').select('id').gt('status', 'draft'))).toEqual([
        { id: 1 },
      ])
      expect(await codeOf(client.from('articles').insert({ id: 3, status: 'nope' }))).toBe('22P02')
      expect(await codeOf(client.from('articles').insert({ id: 3, status_id: 9 }))).toBe('23503')
      const shown = client
        .from('articles')
        .select('id, status:post_statuses!inner(name, color)')
        .eq('post_statuses.is_active', true)
      expect(await ok(shown.order('id').limit(1))).toEqual([
        { id: 1, status: { name: 'live', color: 'green' } },
      ])
    })

    test.each([
      ['a price below zero', 'products', { id: 9, price: -1 }, '23514'],
      ['an address that is none', 'users', { name: 'x', email: 'nope' }, '23514'],
      [
        'an end before the start',
        'members',
        { id: 9, starts: '2026-01-02', ends: '2026-01-01' },
        '23514',
      ],
      ['a name that is taken', 'tags', { id: 9, name: 'sql' }, '23505'],
      ['a missing value', 'comments', { body: 'x' }, '23502'],
      ['a parent that is not there', 'comments', { post_id: 999, body: 'x' }, '23503'],
    ])('%s is refused', async (_, table, row, code) => {
      expect(await codeOf(client.from(table).insert(row as object))).toBe(code)
    })

    test('unique together, and unique among those not deleted', async () => {
      const add = (row: object) => codeOf(client.from('members').insert(row))
      expect(await add({ id: 1, team: 1, email: 'a@b' })).toBeNull()
      expect(await add({ id: 2, team: 1, email: 'a@b' })).toBe('23505')
      expect(await add({ id: 3, team: 2, email: 'a@b' })).toBe('23505')
      await ok(client.from('members').update({ deleted_at: '2026-01-01' }).eq('id', 1).select())
      expect(await add({ id: 4, team: 2, email: 'a@b' })).toBeNull()
    })

    test('a room is booked once at a time', async () => {
      const book = (id: number, room_id: number, from_day: string, to_day: string) =>
        codeOf(client.from('bookings').insert({ id, room_id, from_day, to_day }))
      expect(await book(1, 1, '2026-01-01', '2026-01-05')).toBeNull()
      expect(await book(2, 1, '2026-01-04', '2026-01-08')).toBe('23P01')
      expect(await book(3, 1, '2026-01-05', '2026-01-08')).toBeNull()
      expect(await book(4, 2, '2026-01-04', '2026-01-08')).toBeNull()
    })

    test.each([
      ['i_btree', 'a = 1'],
      ['i_columns', 'b = 1 and a > 2'],
      ['i_partial', 'done'],
      ['i_expression', `lower(email) = 'a@b'`],
      ['i_json', `doc @> '{"a":1}'`],
      ['i_array', `tags @> '{a}'`],
      ['i_text', `body @@ to_tsquery('cat')`],
      ['i_trigram', `email like '%abc%'`],
    ])('index %s serves %s', async (index, condition) => {
      expect(await ok(client.rpc('indexes_of', { condition }))).toContain(index)
    })
  })
})
