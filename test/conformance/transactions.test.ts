/** docs/transactions.md, run: its tables, its examples with supabase-js, and the answers it promises. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { SupabaseClient } from '@supabase/supabase-js'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { connect, signUp, ways } from './connect.ts'

const page = readFileSync(resolve(import.meta.dirname, '../../docs/transactions.md'), 'utf8')
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(
    ([, code]) => code as string,
  )

const [schema = ''] = blocks('sql')
const examples = blocks('js')
const answers = blocks('json').map((text) => JSON.parse(text) as unknown)

interface Outcome {
  readonly data: unknown
  readonly error: unknown
}

const run = (example: string | undefined, supabase: SupabaseClient): Promise<Outcome> =>
  // oxlint-disable-next-line no-new-func, typescript/no-implied-eval -- the page's own code
  new Function('supabase', `return (async () => { ${example}\nreturn { data, error } })()`)(
    supabase,
  ) as Promise<Outcome>

let server: TestPlatform
beforeAll(async () => {
  server = await startTestPlatform({ schema })
})
afterAll(() => server.close())

describe.each(ways)('%s', (way) => {
  beforeEach(() =>
    server.script('truncate orders, order_lines restart identity; update products set stock = 10'),
  )

  test('an order is placed as the page says, and refused as a whole once the books are gone', async () => {
    await server.script('update products set stock = case id when 1 then 10 else 1 end')
    const { client } = await signUp(server, way, 'buyer')
    expect(await run(examples[0], client)).toEqual({ data: answers[0], error: null })
    const { data, error } = await run(examples[0], client)
    expect(data).toBeNull()
    expect(error).toEqual(answers[1])
    expect(await server.count('select stock as n from products where id = 1')).toBe(8)
    expect(await server.count('select count(*)::int as n from orders')).toBe(1)
  })

  test('queries of supabase-js are steps', async () => {
    const { client } = await signUp(server, way, 'builder')
    expect(await run(examples[1], client)).toEqual({ data: answers[2], error: null })
  })

  test('a key makes it once', async () => {
    await server.script('update products set stock = 10')
    const { client } = await signUp(server, way, 'careful')
    expect(await run(examples[2], client)).toEqual({ data: answers[3], error: null })
    expect(await server.count('select stock as n from products where id = 1')).toBe(9)
  })

  test('others see none of the rows, and an anonymous caller may not write them', async () => {
    await server.script('update products set stock = 10')
    const { client } = await signUp(server, way, 'owner')
    expect((await run(examples[0], client)).error).toBeNull()
    const other = await signUp(server, way, 'other')
    const steps = [{ select: 'orders' }, { insert: 'orders', body: {} }]
    const seen = await other.client.rpc('transaction', { steps })
    expect(seen.data).toMatchObject([{ body: [] }, { status: 201 }])
    const anonymous = await connect(server, way).rpc('transaction', { steps })
    expect(anonymous).toMatchObject({ data: null, status: 401, error: { code: '42501', step: 1 } })
  })
})
