/** Pages of what refers to a symbol, while a push changes what was on the pages before. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startTestService } from './test-service.ts'
import type { Body, TestService, TestUser } from './test-service.ts'

let service: TestService
let ann: TestUser
beforeAll(async () => {
  service = await startTestService()
  ann = await service.signUp('ann')
})
afterAll(() => service.close())

const isDone = async (job: string): Promise<boolean> =>
  (await service.ask(`/api/v1/jobs/${job}`, ann.key)).body.status === 'completed'

const calling = (name: string): string =>
  `export function ${name}() {\n  return target() + target()\n}\n`

const callers = Object.fromEntries(['b', 'c', 'd', 'e'].map((one) => [`${one}.ts`, calling(one)]))

/** A repository whose `target` four files call, and what puts other files there. */
async function open(name: string, files: Record<string, string> = callers) {
  const origin = service.git.create(name)
  origin.commit({ ...files, 'target.ts': 'export const target = () => 1\n' })
  await origin.push()
  const body = { git_url: origin.url }
  const made = (await service.ask('/api/v1/repositories', ann.key, { method: 'POST', body })).body
  await vi.waitUntil(() => isDone(made.job_id), { timeout: 15_000, interval: 20 })
  const change = async (changed: Record<string, string | null>): Promise<void> => {
    origin.commit(changed)
    await origin.push()
    const asked = await service.ask(`/api/v1/repositories/${made.id}/index`, ann.key, {
      method: 'POST',
      body: {},
    })
    await vi.waitUntil(() => isDone(asked.body.job_id), { timeout: 15_000, interval: 20 })
  }
  const path = `/api/v1/symbols/search?pattern=target&match=exact&repository_id=${made.id}`
  const [target] = (await service.ask(path, ann.key)).body.symbols
  return { change, id: made.id, path: `/api/v1/symbols/${target?.id}` }
}

type Found = readonly { readonly path: string }[]

test.each(['references', 'callers'] as const)(
  '%s that stay are each on one page, whatever comes and goes before them',
  async (what) => {
    const { change, path } = await open(`of-${what}`)
    const ask = async (cursor: string | null): Promise<Body> => {
      const more = cursor === null ? '' : `&cursor=${cursor}`
      return (await service.ask(`${path}/${what}?limit=1${more}`, ann.key)).body
    }
    let body = await ask(null)
    const found: string[] = []
    const take = () => found.push(...(body[what] as Found).map((one) => one.path))
    take()
    for (const changed of [{ 'b.ts': null }, { 'a1.ts': calling('a1'), 'a2.ts': calling('a2') }]) {
      await change(changed)
      body = await ask(body.next_cursor)
      take()
    }
    while (body.next_cursor !== null) {
      body = await ask(body.next_cursor)
      take()
    }
    const times = { references: 2, callers: 1 }[what]
    const stay = found.filter((one) => /^[cde]/.test(one))
    expect(stay).toEqual(['c.ts', 'd.ts', 'e.ts'].flatMap((one) => Array(times).fill(one)))
    expect(found.filter((one) => one.startsWith('a'))).toEqual([])
  },
)

test('symbols that are alike are each on one page, whatever comes and goes before them', async () => {
  const files = ['b', 'c', 'd', 'e'].map((one) => [`${one}.ts`, `export class Target_${one} {}\n`])
  const { change, id } = await open('alike', Object.fromEntries(files))
  const ask = async (cursor: string | null): Promise<Body> => {
    const more = cursor === null ? '' : `&cursor=${cursor}`
    const path = `/api/v1/symbols/search?pattern=Target_&match=fuzzy&kind=class&limit=1&repository_id=${id}`
    return (await service.ask(path + more, ann.key)).body
  }
  let body = await ask(null)
  const found = body.symbols.map(({ name }) => name)
  const added = {
    'a.ts': 'export class Target_a {}\nexport class Target_aa {}\nexport class Target {}\n',
  }
  for (const changed of [{ 'b.ts': null }, added]) {
    await change(changed)
    body = await ask(body.next_cursor)
    found.push(...body.symbols.map(({ name }) => name))
  }
  while (body.next_cursor !== null) {
    body = await ask(body.next_cursor)
    found.push(...body.symbols.map(({ name }) => name))
  }
  expect(found.filter((name) => name !== 'Target_aa')).toEqual(
    ['b', 'c', 'd', 'e'].map((one) => `Target_${one}`),
  )
})

test('a cursor beyond a million, and one that is forged', async () => {
  const { path } = await open('forged')
  const ask = async (values: unknown) => {
    const cursor = Buffer.from(JSON.stringify(values)).toString('base64url')
    return (await service.ask(`${path}/references?cursor=${cursor}`, ann.key)).body
  }
  expect(await ask(['e.ts', 2_000_000, 7])).toMatchObject({ references: [], next_cursor: null })
  for (const forged of [
    [],
    ['x'],
    ['e.ts', 'x', 7],
    ['e.ts', 1, '1 or true'],
    [1e9],
    ['a', 1e99, 1],
  ])
    expect(await ask(forged), JSON.stringify(forged)).toMatchObject({
      error_type: 'invalid_request',
    })
})
