/** docs/transactions.md, run: its tables, its examples with supabase-js, and the answers it promises. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { generateTypesOf } from '@basalt/server/meta'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { connect, signUp, ways } from './connect.ts'
import { readPage, runExample as run } from './documented-examples.ts'

const { schema, examples, answers, types } = readPage('transactions')

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

test('the types of the page add the call to generated ones', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'basalt-types-'))
  const generated = await generateTypesOf(server.databaseUrl, {
    included: ['public'],
    excluded: [],
  })
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'database.types.ts'), generated)
  writeFileSync(
    join(folder, 'calls.ts'),
    `import { createClient } from '@supabase/supabase-js'
import type { Database } from './database.types.ts'
declare const url: string, key: string
${types}
export async function call() {
  const { data } = await supabase.rpc('transaction', { steps: [{ select: 'orders' }], isolation: 'serializable' })
  const status: number | undefined = data?.[0]?.status
  const stock = await supabase.rpc('take', { product: 1, quantity: 1 })
  // @ts-expect-error
  await supabase.rpc('transaction', { steps: 1 })
  // @ts-expect-error
  await supabase.from('nothing').select()
  return [status, stock.data satisfies number | null]
}`,
  )
  const options =
    '--noEmit --strict --skipLibCheck --target es2022 --module preserve --moduleResolution bundler --allowImportingTsExtensions --types node'
  const { stdout } = spawnSync(
    resolve('node_modules/.bin/tsc'),
    [...options.split(' '), 'calls.ts'],
    { cwd: folder, encoding: 'utf8' },
  )
  rmSync(folder, { recursive: true })
  expect(stdout).toBe('')
})
