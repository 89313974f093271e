import { afterAll, beforeAll, expect, test } from 'vitest'
import { startFunctions } from './functions-project.fixture.ts'
import type { FunctionsProject } from './functions-project.fixture.ts'

/** Functions that lie to the one who watches them, and hold on to what they were lent. */
const eat = `const eaten: Uint8Array[] = []
const eat = () => { if (eaten.length < 400) eaten.push(new Uint8Array(2_000_000).fill(1)) }
`
const files = {
  'boot-bomb/index.ts': `${eat}for (let i = 0; i < 400; i++) { eat(); await new Promise((resolve) => setTimeout(resolve, 2)) }
await new Promise(() => {})`,
  'false-fault/index.ts': `${eat}Deno.serve(() => {
  const say = (report: unknown) => Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(report) + '\\n'))
  say({ kind: 'pending', pending: true })
  say({ kind: 'fault', text: 'a lie', where: null, request: null })
  setInterval(eat, 2)
  return new Promise(() => {})
})`,
  'false-words/index.ts': `${eat}Deno.serve(() => {
  Deno.stderr.writeSync(new TextEncoder().encode('FATAL out of memory\\n'))
  setInterval(eat, 2)
  return new Promise(() => {})
})`,
  'words/index.ts': `let calls = 0\nDeno.serve(() => {
  Deno.stderr.writeSync(new TextEncoder().encode('the shop is out of memory sticks\\n'))
  return new Response(String(++calls))
})`,
}

let project: FunctionsProject
beforeAll(async () => {
  project = await startFunctions(files, {
    config: {
      'basalt.functions.boot_timeout': 8000,
      'basalt.functions.wall_limit': 8000,
      'basalt.functions.memory_limit': 160 * 1024 * 1024,
    },
  })
})
afterAll(() => project.close())

async function told(name: string): Promise<[status: number, details: string]> {
  const response = await project.call(name)
  const { details } = (await response.json()) as Record<string, string>
  return [response.status, details ?? '']
}

test('memory is watched from the start, before a function is ready', async () => {
  expect(await told('boot-bomb')).toEqual([546, expect.stringMatching(/^memory: \d+ MB of 160/)])
})

test('who says that it has failed and goes on is ended', async () => {
  expect(await told('false-fault')).toEqual([500, 'a lie'])
})

test('words on stderr end nothing, and excuse from nothing', async () => {
  expect(await told('false-words')).toEqual([546, expect.stringMatching(/^memory: \d+ MB of 160/)])
  expect(await (await project.call('words')).text()).toBe('1')
  expect(await (await project.call('words')).text()).toBe('2')
})
