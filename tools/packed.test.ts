/** What is published: packed, unpacked beside its own dependencies and nothing else, and used by a test of another runner. */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'basalt-packed-'))
  unpack('server')
  unpack('cli')
}, 120_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function unpack(name: string): void {
  const source = join(root, 'packages', name)
  const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], {
    cwd: source,
  })
  const target = join(folder, 'node_modules/@basalt', name)
  mkdirSync(target, { recursive: true })
  execFileSync('tar', [
    'xzf',
    join(folder, packed.toString().trim()),
    '-C',
    target,
    '--strip-components=1',
  ])
  const { dependencies, optionalDependencies = {} } = JSON.parse(
    readFileSync(join(target, 'package.json'), 'utf8'),
  ) as { dependencies: Record<string, string>; optionalDependencies?: Record<string, string> }
  for (const dependency of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const [from, to] = [
      join(root, 'node_modules', dependency),
      join(folder, 'node_modules', dependency),
    ]
    if (dependency.startsWith('@basalt/') || !existsSync(from) || existsSync(to)) continue
    mkdirSync(dirname(to), { recursive: true })
    symlinkSync(from, to)
  }
}

test('packages carry their license, and no source maps without sources', () => {
  for (const name of ['server', 'cli']) {
    const files = readdirSync(join(folder, 'node_modules/@basalt', name), {
      recursive: true,
      encoding: 'utf8',
    })
    expect(files).toContain('LICENSE')
    expect(files.filter((file) => file.endsWith('.map'))).toEqual([])
  }
})

test("the platform for tests works under node's own runner", () => {
  writeFileSync(
    join(folder, 'platform.test.mjs'),
    `import { test } from 'node:test'
     import assert from 'node:assert'
     import { startTestPlatform } from '@basalt/server/testing'
     test('answers', async () => {
       const server = await startTestPlatform({ schema: 'create table public.t (id int); grant select on public.t to anon; insert into public.t values (1)' })
       const headers = { apikey: server.platform.keys.publishableKey }
       const response = await server.platform.fetch(server.url + '/rest/v1/t', { headers })
       assert.deepEqual(await response.json(), [{ id: 1 }])
       await server.close()
     })`,
  )
  const run = spawnSync(process.execPath, ['--test', 'platform.test.mjs'], {
    cwd: folder,
    encoding: 'utf8',
  })
  expect(run.stdout).toMatch(/# pass 1/)
  expect(run.status).toBe(0)
}, 60_000)

test('the command runs', () => {
  const bin = join(folder, 'node_modules/@basalt/cli/bin/basalt.mjs')
  expect(spawnSync(process.execPath, [bin, '--version'], { encoding: 'utf8' }).stdout).toMatch(
    /^\d+\.\d+/,
  )
})
