/** docs/queries.md, run. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { connect, ways } from './connect.ts'
import { readPage, runExample } from './documented-examples.ts'

const { schema, examples, answers } = readPage('queries')

let server: TestPlatform
beforeAll(async () => {
  server = await startTestPlatform({ schema })
})
afterAll(() => server.close())

describe.each(ways)('%s', (way) => {
  test.each(examples.map((example, at) => [example, answers[at]] as const))(
    '%s',
    async (example, answer) => {
      expect((await runExample(example, connect(server, way))).data).toEqual(answer)
    },
  )

  test('group_by, as Fluxbase’s client sends it', async () => {
    const { keys } = server.platform
    const ask = async (query: string): Promise<unknown> => {
      const send = way === 'in process' ? server.platform.fetch : fetch
      const headers = { apikey: keys.publishableKey }
      return (await send(`${server.url}/rest/v1/products?${query}`, { headers })).json()
    }
    const paper = { category: 'paper', count: 2 }
    const pens = { category: 'pens', count: 2 }
    expect(await ask('select=category,count:id.count()&group_by=category&order=category')).toEqual([
      paper,
      pens,
    ])
    expect(await ask('select=count:id.count()&group_by=category&order=category')).toEqual([
      paper,
      pens,
    ])
    expect(await ask('select=name,count:id.count()&group_by=category')).toMatchObject({
      code: 'PGRST100',
    })
    expect(await ask('group_by=category')).toMatchObject({ code: 'PGRST100' })
    expect(await ask('group_by=eq.1')).toMatchObject({ code: '42703' })
  })
})
