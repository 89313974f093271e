/** What Studio asks of customers' keys, and of functions nobody deployed. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestStudio } from '@basalt/server/testing'
import type { TestStudio } from '@basalt/server/testing'

let studio: TestStudio
beforeAll(async () => {
  studio = await startTestStudio()
})
afterAll(() => studio.close())

interface Usage {
  readonly step_seconds: number
  readonly steps: readonly { readonly answered: number; readonly refused: number }[]
}
const usage = async (query = ''): Promise<Usage> =>
  (await studio.ask('GET', `/api-keys/usage${query}`)).json as Usage
const keys = async (): Promise<readonly { id: string; usage_count: number }[]> =>
  (await studio.ask('GET', '/api-keys/keys')).json as never
const answered = async (query = ''): Promise<number> =>
  (await usage(query)).steps.reduce((sum, step) => sum + step.answered, 0)

test('without their tables there are no keys, and no usage', async () => {
  expect(await keys()).toEqual([])
  expect(await usage()).toEqual({ step_seconds: 15, steps: [] })
})

test('keys are listed without anything of the key, and what they used is counted', async () => {
  expect((await studio.ask('POST', '/api-keys/enable', {})).status).toBe(200)
  const made = await studio.ask('POST', '/users', { email: 'c@example.com', email_confirm: true })
  const { id: user } = made.json as { id: string }
  const inserted = await studio.ask('POST', '/sql/run', {
    query: `insert into public.api_keys (user_id, name, allowed_ips) values ('${user}', '<b>', '{127.0.0.0/8}') returning key::text`,
  })
  const [[key]] = (inserted.json as { results: [{ rows: [[string]] }] }).results[0].rows
  const [listed] = await keys()
  expect(listed).toMatchObject({
    email: 'c@example.com',
    name: '<b>',
    permissions: { read: true, write: false },
    usage_count: 0,
    last_used_at: null,
    allowed_ips: ['127.0.0.0/8'],
    created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
  })
  expect(JSON.stringify(listed)).not.toContain(key)
  expect(Object.keys(listed ?? {})).not.toContain('key_hash')
  const response = await fetch(`${studio.server.url}/rest/v1/documents`, {
    headers: { apikey: key },
  })
  expect(response.status).toBe(200)
  await expect.poll(answered).toBe(1)
  await expect.poll(async () => (await keys())[0]?.usage_count).toBe(1)
  expect(await answered(`?key_id=${listed?.id}&minutes=1440`)).toBe(1)
  expect(await answered(`?key_id=${user}`)).toBe(0)
  expect((await studio.ask('GET', '/api-keys/usage?key_id=x')).status).toBe(400)
  expect((await studio.ask('GET', '/api-keys/usage?minutes=0')).status).toBe(400)
})

test('without a folder there are no functions of one', async () => {
  expect((await studio.ask('GET', '/folder/functions')).json).toEqual([])
})
