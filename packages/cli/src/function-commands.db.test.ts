/** The commands of functions and secrets: on a server elsewhere, and on the project that runs in the folder. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort, loadConfig, startLocal } from '@basalt/server/node'
import type { LocalServer } from '@basalt/server/node'
import { runCli } from './run-cli.ts'

const root = mkdtempSync(join(tmpdir(), 'basalt functions '))
/** Where the server runs, and where somebody works. */
const [home, work] = [join(root, 'home'), join(root, 'work')]
const token = 'a-token-of-the-operator'
let server: LocalServer
let url = ''

function write(folder: string, path: string, content: string): void {
  const file = join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
}

beforeAll(async () => {
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  write(
    home,
    'supabase/config.toml',
    `[api]\nport = ${port}\n[db]\nport = ${await freePort()}\n[inbucket]\nenabled = false\n[basalt]\nadmin_port = ${await freePort()}\noperator_token = "${token}"\n`,
  )
  write(
    work,
    'supabase/config.toml',
    `[functions.hello]\nverify_jwt = false\nstatic_files = ["./pages/**/*.html"]\n[functions.off]\nenabled = false\n[edge_runtime.secrets]\nFROM_CONFIG = "c"\n`,
  )
  write(
    work,
    'supabase/functions/hello/index.ts',
    `import { word } from '../_shared/word.ts'\nimport { more } from '../../../lib/more.ts'\nDeno.serve(() => new Response(word + more + Deno.env.get('FILE')))`,
  )
  write(work, 'supabase/functions/hello/.env', 'SECRET=no')
  write(work, 'supabase/functions/hello/node_modules/x/index.js', 'no')
  write(work, 'supabase/functions/_shared/word.ts', `export { word } from './deep/word.ts'`)
  write(work, 'supabase/functions/_shared/deep/word.ts', `export const word = 'word'`)
  write(work, 'supabase/functions/_unused/x.ts', 'no')
  write(work, 'supabase/pages/a/b.html', '<p>')
  write(work, 'supabase/pages/a/b.css', 'no')
  write(work, 'lib/more.ts', `export const more = ' and more '`)
  write(work, 'lib/unused.ts', 'no')
  write(work, 'secrets.env', `# of mine\nFILE="from file"\nSUPABASE_URL=no\n`)
  server = await startLocal({ workdir: home, config: loadConfig({ workdir: home }).config })
})
afterAll(async () => {
  await server.stop()
  rmSync(root, { recursive: true })
})

interface Look {
  readonly folder?: string
  readonly variables?: Readonly<Record<string, string>>
  readonly onOut?: (text: string) => void
}

let interrupt = (): void => {}
async function run(args: readonly string[], look: Look = {}) {
  const { folder = work, variables = { BASALT_OPERATOR_TOKEN: token } } = look
  let [out, err] = ['', '']
  const code = await runCli([...args, '--workdir', folder], {
    out: (text) => {
      out += text
      look.onOut?.(text)
    },
    err: (text) => void (err += text),
    cwd: folder,
    readVariable: (name) => variables[name] ?? null,
    readInput: () => null,
    ask: () => Promise.resolve(null),
    onInterrupt: (listener) => {
      interrupt = listener
      return () => {}
    },
    onReload: () => () => {},
    exit: () => {},
  })
  return { code, out, err }
}
const there = (...args: string[]) => run([...args, '--url', url])
const call = async (name: string): Promise<string> => {
  const response = await fetch(`${url}/functions/v1/${name}`)
  return `${response.status} ${await response.text()}`
}

test('deployed with what it needs and nothing else, listed, downloaded', async () => {
  const set = await there('secrets', 'set', 'ARG=a=b', '--env-file', 'secrets.env')
  expect([set.code, set.out]).toEqual([0, 'Set FROM_CONFIG, FILE, ARG.\n'])
  expect(set.err).toContain('SUPABASE_URL is left out')
  const deployed = await there('functions', 'deploy')
  expect([deployed.code, deployed.out]).toEqual([0, 'Deployed hello, version 1.\n'])
  expect(deployed.err).toMatch(
    /off is left out[^]*Uploading hello: 5 files, \d+ B\.\.\.[^]*packing\n {2}done in/,
  )
  await expect.poll(() => call('hello')).toBe('200 word and more from file')
  const listed = await there('functions', 'list')
  expect(listed.out).toMatch(
    /^NAME +VERSION [^\n]*\nhello +1 +2\d{3}-\d\d-\d\d \d\d:\d\d:\d\d +no +javascript +[\d.]+ K?i?B\n$/,
  )
  write(root, 'back/supabase/config.toml', '')
  const back = join(root, 'back')
  const downloaded = await run(['functions', 'download', 'hello', '--url', url], { folder: back })
  expect([downloaded.code, downloaded.out]).toEqual([0, 'Downloaded hello, version 1.\n'])
  for (const path of [
    'supabase/functions/hello/index.ts',
    'supabase/functions/_shared/deep/word.ts',
    'supabase/pages/a/b.html',
    'lib/more.ts',
  ])
    expect(readFileSync(join(back, path))).toEqual(readFileSync(join(work, path)))
  for (const path of [
    'lib/unused.ts',
    'supabase/pages/a/b.css',
    'supabase/functions/_unused',
    'supabase/functions/hello/.env',
    'supabase/functions/hello/node_modules',
  ])
    expect(existsSync(join(back, path))).toBe(false)
})

test('secrets are listed by digest and removed', async () => {
  const listed = await there('secrets', 'list')
  expect(listed.out).toMatch(
    /^NAME +DIGEST\nARG +[0-9a-f]{64}\nFILE +[0-9a-f]{64}\nFROM_CONFIG +[0-9a-f]{64}\n$/,
  )
  expect((await there('secrets', 'unset', 'ARG', 'FROM_CONFIG')).out).toBe(
    'Removed ARG, FROM_CONFIG.\n',
  )
  expect((await there('secrets', 'list', '--json')).out).not.toContain('ARG')
})

test('versions, back to one, and several deployed at once; what the folder lost is pruned', async () => {
  write(work, 'lib/more.ts', `export const more = ' and less '`)
  write(work, 'supabase/functions/second/index.ts', `Deno.serve(() => new Response('second'))`)
  const both = await there('functions', 'deploy', 'hello', 'second')
  expect(both.out).toBe('Deployed hello, version 2.\nDeployed second, version 1.\n')
  await expect.poll(() => call('hello')).toBe('200 word and less from file')
  expect((await there('functions', 'list', 'hello')).out).toMatch(
    /^VERSION[^\n]*\n2 +yes [^\n]*\n1 {2,}2/,
  )
  expect((await there('functions', 'rollback', 'hello')).out).toBe('hello is at version 1.\n')
  await expect.poll(() => call('hello')).toBe('200 word and more from file')
  expect((await there('functions', 'rollback', 'hello', '2')).out).toBe('hello is at version 2.\n')
  rmSync(join(work, 'supabase/functions/second'), { recursive: true })
  const pruned = await there('functions', 'deploy', '--prune')
  expect(pruned.out).toBe('Deployed hello, version 3.\nDeleted second.\n')
})

test('logs are printed, and followed until Ctrl-C', async () => {
  write(
    work,
    'supabase/functions/talks/index.ts',
    `Deno.serve(() => { console.warn('said \\u001b[31m'); return new Response('') })`,
  )
  await there('functions', 'deploy', 'talks', '--no-verify-jwt')
  await expect.poll(() => call('talks')).toBe('200 ')
  const printed = async () => (await there('functions', 'logs', 'talks')).out
  await expect.poll(printed).toMatch(/^\S+Z warn {2}said \ufffd\[31m \(\S+\)$/m)
  expect(await printed()).toMatch(/^\S+Z info {2}GET \/talks 200 in \d+ ms /m)
  let heard = ''
  const following = run(['functions', 'logs', 'talks', '-f', '-n', '0', '--url', url], {
    onOut: (text) => void (heard += text),
  })
  await expect
    .poll(async () => {
      await call('talks')
      return heard
    })
    .toContain('said')
  interrupt()
  expect((await following).code).toBe(0)
})

test('a WebAssembly function goes with its manifest', async () => {
  const example = new URL('../../../examples/functions/supabase/functions/count', import.meta.url)
  cpSync(example, join(work, 'supabase/functions/count'), { recursive: true })
  expect((await there('functions', 'deploy', 'count', '--no-verify-jwt')).code).toBe(0)
  expect((await there('functions', 'list')).out).toMatch(/^count +1 [^\n]* wasm /m)
  const counted = async () => {
    const response = await fetch(`${url}/functions/v1/count`, { method: 'POST', body: 'a b c' })
    return `${response.status} ${await response.text()}`
  }
  await expect.poll(counted).toMatch(/^200 .*3/)
})

test('in the folder where it runs no token is asked for; deleted there', async () => {
  const here = (...args: string[]) => run(args, { folder: home, variables: {} })
  expect((await here('functions', 'list')).out).toContain('talks')
  expect((await here('functions', 'delete', 'talks')).out).toBe('Deleted talks.\n')
  expect((await here('functions', 'new', 'fresh')).out).toBe('Created supabase/functions/fresh.\n')
  expect((await here('functions', 'new', 'fresh')).err).toContain('exists already')
  expect((await here('functions', 'new', 'guarded', '--auth')).code).toBe(0)
  const greeted = await fetch(`${url}/functions/v1/fresh`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${server.state.status.find(({ name }) => name === 'ANON_KEY')?.value}`,
    },
    body: '{"name":"you"}',
  })
  expect(await greeted.json()).toEqual({ message: 'Hello you' })
  const note = await here('functions', 'deploy', 'fresh')
  expect([note.code, note.err]).toEqual([0, expect.stringContaining('of its own folder')])
})

test('what cannot be done is said', async () => {
  const said = async (args: readonly string[], look?: Look) => {
    const { code, err } = await run(args, look)
    return [code, err.trim().split('\n').slice(-3).join('\n')]
  }
  const at = ['--url', url]
  expect(await said(['functions', 'list'])).toEqual([1, expect.stringContaining('is not running')])
  expect(await said(['functions', 'list', ...at], { variables: {} })).toEqual([
    1,
    expect.stringContaining('set BASALT_OPERATOR_TOKEN or SUPABASE_ACCESS_TOKEN'),
  ])
  expect(
    await said(['functions', 'list', ...at], { variables: { SUPABASE_ACCESS_TOKEN: 'x' } }),
  ).toEqual([1, expect.stringMatching(/token|JWT/i)])
  expect(await said(['functions', 'list', '--url', 'ftp://x'])).toEqual([
    1,
    expect.stringContaining('expected http'),
  ])
  expect(await said(['functions', 'list', '--url', 'http://127.0.0.1:1'])).toEqual([
    1,
    expect.stringContaining('cannot be reached'),
  ])
  expect(await said(['functions', 'deploy', 'none', ...at])).toEqual([
    1,
    expect.stringContaining('no entrypoint'),
  ])
  expect(await said(['functions', 'deploy', '../x', ...at])).toEqual([
    1,
    expect.stringContaining("a function's name has"),
  ])
  expect(await said(['functions', 'deploy', 'hello', '--import-map', 'no.json', ...at])).toEqual([
    1,
    expect.stringContaining('no import map'),
  ])
  expect(await said(['functions', 'download', 'none', ...at])).toEqual([
    1,
    expect.stringContaining('There is no function none'),
  ])
  expect(await said(['functions', 'rollback', 'hello', 'x', ...at])).toEqual([
    1,
    expect.stringContaining('number of a version'),
  ])
  expect(await said(['functions', 'logs', 'hello', '-n', 'x', ...at])).toEqual([
    1,
    expect.stringContaining('--limit'),
  ])
  expect(await said(['secrets', 'set', 'sk-live-secret', ...at])).toEqual([
    1,
    expect.stringMatching(/^(?!.*sk-live)[^]*NAME=VALUE/),
  ])
  expect(await said(['secrets', 'set', 'A=x', '--env-file', 'none', ...at])).toEqual([
    1,
    expect.stringContaining('no file'),
  ])
  write(work, 'supabase/functions/broken/index.ts', `import './nowhere.ts'`)
  expect(await said(['functions', 'deploy', 'broken', ...at])).toEqual([
    1,
    expect.stringMatching(/broken was not deployed: .*nowhere\.ts/),
  ])
})
