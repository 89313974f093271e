/** The storage commands against a project that runs. */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeTestFolder } from '@basalt/server/testing'
import { freePort, loadConfig, startLocal } from '@basalt/server/node'
import type { LocalServer } from '@basalt/server/node'
import { runCli } from './run-cli.ts'

const workdir = makeTestFolder()
let server: LocalServer

function write(path: string, content: string): void {
  const file = join(workdir, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
}

beforeAll(async () => {
  write(
    'supabase/config.toml',
    `[api]\nport = ${await freePort()}\n[db]\nport = ${await freePort()}\n[inbucket]\nenabled = false\n[basalt]\nadmin_port = ${await freePort()}\n`,
  )
  server = await startLocal({ workdir, config: loadConfig({ workdir }).config })
})
afterAll(async () => {
  await server.stop()
  rmSync(workdir, { recursive: true })
})

async function storage(...args: string[]) {
  let [out, err] = ['', '']
  const code = await runCli(['storage', ...args, '--workdir', workdir], {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    cwd: workdir,
    readVariable: () => null,
    readInput: () => null,
    ask: () => Promise.resolve(null),
    onInterrupt: () => () => {},
    onReload: () => () => {},
    exit: () => {},
  })
  return { code, err, lines: out.split('\n').filter((line) => line !== '') }
}

test('files and folders go to Storage and back, are listed, moved, copied and removed', async () => {
  write('docs/a.txt', 'a')
  write('docs/deep er/b&+.md', 'b')
  const up = await storage('cp', '-r', '-j', '4', '--experimental', 'docs', 'ss:///files')
  expect([up.code, up.err]).toEqual([0, expect.stringContaining('Creating bucket: files')])
  expect((await storage('ls')).lines).toEqual(['files/'])
  expect((await storage('ls', 'ss:///files/docs/')).lines).toEqual(['deep er/', 'a.txt'])
  expect((await storage('ls', '-r', 'ss:///files')).lines).toEqual([
    '/files/docs/a.txt',
    '/files/docs/deep er/b&+.md',
  ])
  expect((await storage('cp', 'docs/a.txt', 'ss:///files/docs')).code).toBe(0)
  expect((await storage('mv', '-r', 'ss:///files/docs', 'ss:///files/moved')).code).toBe(0)
  expect((await storage('cp', 'ss:///files/moved/a.txt', 'ss:///files/copied')).code).toBe(0)
  expect((await storage('cp', '-r', '-j', '2', 'ss:///files/moved', 'back')).code).toBe(0)
  expect(readFileSync(join(workdir, 'back/deep er/b&+.md'), 'utf8')).toBe('b')
  expect(readdirSync(join(workdir, 'back'))).toEqual(['a.txt', 'deep er'])
  expect((await storage('rm', 'ss:///files/copied')).code).toBe(0)
  expect((await storage('rm', '-r', 'ss:///files')).code).toBe(0)
  expect((await storage('ls')).lines).toEqual([])
})

test('what cannot be done is said', async () => {
  const said = async (...args: string[]) => {
    const { code, err } = await storage(...args)
    return [code, err.replace(/\n[^]*/, '')]
  }
  expect(await said('ls', 's3://files')).toEqual([1, expect.stringContaining('ss:///bucket/path')])
  expect(await said('cp', 'none', 'ss:///files')).toEqual([1, expect.stringContaining('no file')])
  expect(await said('cp', 'supabase', 'supabase')).toEqual([1, expect.stringContaining('One of')])
  expect(await said('cp', 'supabase', 'ss:///files')).toEqual([1, expect.stringContaining('--rec')])
  expect(await said('rm', 'ss:///files')).toEqual([1, expect.stringContaining('add --recursive')])
  expect(await said('cp', '-j', '0', 'a', 'ss:///b')).toEqual([1, expect.stringContaining('1 to')])
  expect(await said('mv', '-r', 'ss:///a/b', 'ss:///a/b/c')).toEqual([
    1,
    expect.stringContaining('never end'),
  ])
})

test('sweep, as the user the project gives', async () => {
  await storage('cp', 'docs/a.txt', 'ss:///swept/a.txt')
  const { code, lines, err } = await storage('sweep', '--delete')
  expect([code, lines]).toEqual([0, []])
  expect(err).toContain('0 without a row')
})
