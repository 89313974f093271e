import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freePort, startLocal } from '@basalt/server/node'
import { defineConfig } from '@basalt/server'
import { runCli } from './run-cli.ts'
import type { Terminal } from '#terminal'

let workdir = ''
beforeEach(() => {
  workdir = mkdtempSync(join(tmpdir(), 'basalt serve '))
})
afterEach(() => rmSync(workdir, { recursive: true, force: true }))

function write(path: string, text: string): void {
  const file = join(workdir, 'supabase', path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

const hello = (text: string): string =>
  `Deno.serve(() => { console.log('says ${text}'); return new Response('${text}' + (Deno.env.get('FROM_FILE') ?? '')) })`

/** The command while it runs: what it printed, and the way to end it. */
function serve(...flags: string[]): { readonly printed: () => string; end(): Promise<number> } {
  let printed = ''
  let interrupt = (): void => {}
  const terminal = {
    out: (text: string) => void (printed += text),
    err: (text: string) => void (printed += text),
    cwd: workdir,
    readVariable: () => null,
    readInput: () => null,
    ask: () => Promise.resolve(null),
    onInterrupt: (listener: () => void) => {
      interrupt = listener
      return () => {}
    },
    onReload: () => () => {},
    exit: () => {},
  } as unknown as Terminal
  const code = runCli(['functions', 'serve', ...flags], terminal)
  return {
    printed: () => printed,
    end: () => {
      interrupt()
      return code
    },
  }
}

async function ports(): Promise<number> {
  const api = await freePort()
  const lines = [
    '[api]',
    `port = ${api}`,
    '[db]',
    `port = ${await freePort()}`,
    '[inbucket]',
    `port = ${await freePort()}`,
    '[basalt]',
    `admin_port = ${await freePort()}`,
  ]
  write('config.toml', lines.join('\n'))
  return api
}

test('serve starts the project, prints what functions say, and tells what was saved broken', async () => {
  const api = await ports()
  write('functions/hello/index.ts', hello('first'))
  writeFileSync(join(workdir, 'own.env'), 'FROM_FILE=!')
  const serving = serve('--no-verify-jwt', '--env-file', 'own.env')
  await expect.poll(serving.printed).toContain('Serving 1 functions')
  const call = async (): Promise<string> =>
    (await fetch(`http://127.0.0.1:${api}/functions/v1/hello`)).text()
  expect(await call()).toBe('first!')
  await expect.poll(serving.printed).toContain('says first')
  write('functions/hello/index.ts', `const broken = {`)
  await expect.poll(serving.printed).toMatch(/\[hello\] hello\/index\.ts:1:/)
  write('functions/hello/index.ts', hello('second'))
  await expect.poll(serving.printed).toMatch(/\[hello\] ready in \d+ ms/)
  expect(await call()).toBe('second!')
  write('functions/other/index.ts', hello('other'))
  await expect.poll(serving.printed).toMatch(/\[other\] ready in \d+ ms/)
  expect(await serving.end()).toBe(0)
})

test('serve joins the project that runs', async () => {
  const api = await ports()
  write('functions/hello/index.ts', hello('here'))
  const config = defineConfig({
    'api.port': api,
    'db.port': await freePort(),
    'basalt.admin_port': await freePort(),
    'inbucket.port': await freePort(),
  })
  const server = await startLocal({ workdir, config, onWarning: () => {} })
  const refused = serve('--no-verify-jwt')
  expect(await refused.end()).toBe(1)
  expect(refused.printed()).toContain('The project runs already')
  const serving = serve()
  await expect.poll(serving.printed).toContain('Serving 1 functions')
  const key = server.state.status.find(({ name }) => name === 'ANON_KEY')?.value ?? ''
  await fetch(`${server.state.url}/functions/v1/hello`, {
    headers: { authorization: `Bearer ${key}` },
  })
  await expect.poll(serving.printed).toContain('says here')
  expect(await serving.end()).toBe(0)
  expect((await fetch(`${server.state.url}/health`)).status).toBe(200)
  await server.stop()
})
