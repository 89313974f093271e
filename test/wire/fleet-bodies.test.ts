/** Every route of the operators' API with bodies that are nothing it takes: refused with a reason, never a failure of the node. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestFleet, testActor } from '@basalt/server/testing'
import type { TestFleet } from '@basalt/server/testing'

let fleet: TestFleet
let token = ''
const routes: { method: string; path: string; members: string[] }[] = []

beforeAll(async () => {
  fleet = await startTestFleet()
  await fleet.create('shop')
  const email = 'own@fleet.example'
  const role = 'owner'
  await fleet.control.operators.create({ email, password: 'a long enough one', role }, testActor)
  const options = { name: 'test', expiresMs: null }
  token = (await fleet.control.sessions.createToken(email, options, testActor)).token
  const document = (await (await fetch(`${fleet.url}/admin/v1/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { requestBody?: object }>>
  }
  for (const [path, methods] of Object.entries(document.paths))
    for (const [method, { requestBody }] of Object.entries(methods)) {
      const properties = JSON.stringify(requestBody ?? {}).matchAll(
        /"(\w+)":\{"(?:type|enum|anyOf|oneOf|\$ref)"/g,
      )
      const members = [...new Set([...properties].map(([, name = '']) => name))]
      routes.push({ method: method.toUpperCase(), path, members })
    }
})
afterAll(() => fleet.close())

const ends = /\/(pause|delete|purge|restore|resume|rotate-keys)$/

const values: readonly unknown[] = [
  null,
  -1,
  'a\u0000b',
  '\ud800',
  'x'.repeat(10_000),
  [[]],
  { toString: null },
]

/** What a route takes, so that what is wrong of a body is one member. */
const good: Readonly<Record<string, unknown>> = {
  email: 'dev@fleet.example',
  name: 'x',
  password: 'a long enough one',
  query: 'select 1',
  role: 'developer',
}

interface Asked {
  readonly method: string
  readonly path: string
  readonly body: string | null
}

/** What failed; that so much at once has to wait its turn is no failure. */
async function failuresOf(all: readonly Asked[]): Promise<string[]> {
  const said = all.map(async ({ method, path, body }) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const init: RequestInit = { method, headers, body }
    const response = await fetch(`${fleet.url}/admin/v1${path}`, init)
    const answer = await response.text()
    const isFailure = response.status >= 500 && !answer.includes('"control_busy"')
    return { isFailure, text: `${method} ${path} ${body?.slice(0, 80)}: ${response.status}` }
  })
  const answers = await Promise.all(said)
  return answers.filter(({ isFailure }) => isFailure).map(({ text }) => text)
}

const filled = (path: string, value: string): string =>
  path.replace('{ref}', 'shop').replaceAll(/\{\w+\}/g, value)

test('bodies that are nothing, and members of every type', async () => {
  const writes = routes
    .filter(({ method }) => ['POST', 'PUT', 'PATCH'].includes(method))
    // what ends the project comes last
    .toSorted((one, other) => Number(ends.test(one.path)) - Number(ends.test(other.path)))
  expect(writes.length).toBeGreaterThan(20)
  for (const { method, path, members } of writes) {
    const sample = Object.fromEntries(members.map((member) => [member, good[member]]))
    const bodies = [
      '',
      '{',
      '\u0000',
      '"x"',
      '{"__proto__":{"role":"owner"}}',
      '['.repeat(20_000),
      ...values.map((value) => JSON.stringify(value)),
      ...members.flatMap((member) =>
        values.map((value) => JSON.stringify({ ...sample, [member]: value })),
      ),
    ]
    const asked = bodies.map((body) => ({ method, path: filled(path, 'none'), body }))
    expect(await failuresOf(asked)).toEqual([])
  }
})

test('names in addresses that are none', async () => {
  const names = ['%00', '%ed%a0%80', '..%2f..', '9'.repeat(40)]
  const named = routes.filter(({ path }) => path.includes('{'))
  const asked = named.flatMap(({ method, path }) =>
    names.flatMap((name) => [
      { method, path: path.replaceAll(/\{\w+\}/g, name), body: null },
      { method, path: `${filled(path, name)}?limit=${name}&since=${name}`, body: null },
    ]),
  )
  expect(asked.length).toBeGreaterThan(300)
  for (let at = 0; at < asked.length; at += 100)
    expect(await failuresOf(asked.slice(at, at + 100))).toEqual([])
  expect(fleet.logged.filter((line) => line.startsWith('error'))).toEqual([])
})
