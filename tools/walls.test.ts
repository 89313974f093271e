/** Each wall of the house, broken once on purpose: a check that cannot fail is none. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const configuration = [
  'layers.mjs',
  'oxlint.config.mjs',
  'tools/house-plugin.mjs',
  'tsconfig.base.json',
  'packages/server/package.json',
  'packages/server/tsconfig.json',
  'packages/server/tsconfig.pure.json',
  'packages/docstore/layers.mjs',
  'packages/code/layers.mjs',
  'packages/studio/layers.mjs',
]
let house: string

/** A small house under the same rules. */
beforeAll(() => {
  house = mkdtempSync(join(tmpdir(), 'basalt-walls-'))
  for (const path of configuration) {
    mkdirSync(dirname(join(house, path)), { recursive: true })
    cpSync(join(root, path), join(house, path))
  }
  symlinkSync(join(root, 'node_modules'), join(house, 'node_modules'))
  write('base/kernel/index.ts', "export { one } from './one.ts'\n")
  write('base/kernel/one.ts', 'export const one = 1\n')
  write('services/auth/index.ts', "export { two } from './two.ts'\n")
  write('services/auth/two.ts', "import { one } from '#base/kernel'\nexport const two = one + 1\n")
  write('services/auth/core/index.ts', 'export const core = 0\n')
  write('services/auth/session/index.ts', "export { session } from './session.ts'\n")
  write(
    'services/auth/session/session.ts',
    "import { core } from '#services/auth/core'\nexport const session = core\n",
  )
  write('base/db/index.ts', 'export const db = 0\n')
  write('services/meta/index.ts', 'export const meta = 0\n')
  write('host/gateway/index.ts', 'export const gateway = 0\n')
  write('host/platform/index.ts', 'export const platform = 0\n')
})
afterAll(() => rmSync(house, { recursive: true, force: true }))

function write(path: string, text: string): void {
  const file = join(house, 'packages/server/src', path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

function run(program: string, ...args: string[]): { ok: boolean; output: string } {
  const result = spawnSync(join(root, 'node_modules/.bin', program), args, {
    cwd: house,
    encoding: 'utf8',
  })
  return { ok: result.status === 0, output: result.stdout + result.stderr }
}
const lint = (...options: string[]) =>
  run(
    'oxlint',
    '-c',
    'oxlint.config.mjs',
    '--type-aware',
    '--deny-warnings',
    ...options,
    'packages',
  )
const types = () => run('tsc', '-p', 'packages/server', '--noEmit')
const pureTypes = () => run('tsc', '-p', 'packages/server/tsconfig.pure.json')

/** Puts a broken file into the house for the time of one check. */
function withFile<T>(path: string, text: string, check: () => T): T {
  write(path, text)
  try {
    return check()
  } finally {
    rmSync(join(house, 'packages/server/src', path))
  }
}

test('a house that keeps the rules passes', () => {
  for (const check of [lint, types, pureTypes]) expect(check()).toMatchObject({ ok: true })
})

describe('the resolution wall', () => {
  test("only a module's face can be imported", () => {
    const result = withFile(
      'services/auth/broken.ts',
      "import { one } from '#base/kernel/one'\nexport const x = one\n",
      types,
    )
    expect(result.ok).toBe(false)
    expect(result.output).toContain("Cannot find module '#base/kernel/one'")
  })
})

const walls: readonly (readonly [name: string, path: string, text: string, complaint: string])[] = [
  [
    'an import against layers.mjs',
    'base/kernel/broken-1.ts',
    "import { db } from '#base/db'\nexport const x = db\n",
    'base/kernel may import only',
  ],
  [
    'a service that knows another',
    'services/auth/broken-2.ts',
    "import { meta } from '#services/meta'\nexport const x = meta\n",
    'services/auth may import only',
  ],
  [
    'an arrow upwards',
    'services/auth/broken-3.ts',
    "import { gateway } from '#host/gateway'\nexport const x = gateway\n",
    'services/auth may import only',
  ],
  [
    'an arrow upwards within a floor',
    'host/gateway/broken-4.ts',
    "import { platform } from '#host/platform'\nexport const x = platform\n",
    'host/gateway may import only',
  ],
  [
    'a room of a service that knows one above it',
    'services/auth/core/broken-5.ts',
    "import { session } from '#services/auth/session'\nexport const x = session\n",
    'services/auth/core may import only',
  ],
  [
    'a room that knows the whole service',
    'services/auth/session/broken-6.ts',
    "import { two } from '#services/auth'\nexport const x = two\n",
    'services/auth/session may import only',
  ],
  [
    'a step into another room',
    'services/auth/session/broken-7.ts',
    "import { core } from '../core/index.ts'\nexport const x = core\n",
    'services/auth/session may import only',
  ],
  [
    'a step outside the module',
    'services/auth/broken-8.ts',
    "import { one } from '../../base/kernel/one.ts'\nexport const x = one\n",
    'services/auth may import only',
  ],
  [
    'reading the environment',
    'services/auth/broken-9.ts',
    "export const x = process.env['X']\n",
    'process.env',
  ],
  [
    'a floating promise',
    'services/auth/broken-10.ts',
    'export function x() {\n  Promise.resolve(1)\n}\n',
    'no-floating-promises',
  ],
  [
    'a statement without a name',
    'services/auth/broken-11.ts',
    'const sql = String.raw\nexport const x = sql`select 1`\n',
    'name this statement',
  ],
  [
    'a server that knows the document store',
    'services/auth/broken-12.ts',
    "import { openDocstore } from '@basalt/docstore'\nexport const x = openDocstore\n",
    'services/auth may import only',
  ],
  [
    'a document store that knows the server',
    '../../docstore/src/database/broken-13.ts',
    "import { createPlatform } from '@basalt/server'\nexport const x = createPlatform\n",
    'docstore/database may import only',
  ],
  [
    'code intelligence that knows the server',
    '../../code/src/search/broken-14.ts',
    "import { createPlatform } from '@basalt/server'\nexport const x = createPlatform\n",
    'code/search may import only',
  ],
  [
    'an arrow upwards in code intelligence',
    '../../code/src/queue/broken-15.ts',
    "import { indexRepository } from '#indexing'\nexport const x = indexRepository\n",
    'code/queue may import only',
  ],
  [
    'an arrow upwards in the document store',
    '../../docstore/src/key/broken-16.ts',
    "import { openDocstore } from '#node'\nexport const x = openDocstore\n",
    'docstore/key may import only',
  ],
  ['printing to the console', 'services/auth/broken-17.ts', "console.log('x')\n", 'no-console'],
  [
    'an import cycle',
    'services/auth/ping.ts',
    "import { pong } from './pong.ts'\nexport const ping = (): number => pong()\n",
    'no-cycle',
  ],
  [
    'the other end of an import cycle',
    'services/auth/pong.ts',
    "import { ping } from './ping.ts'\nexport const pong = (): number => ping()\n",
    'no-cycle',
  ],
]

describe('the lint wall', () => {
  let result: { ok: boolean; output: string }
  // all of them at once: each of the complaints names its file
  beforeAll(() => {
    for (const [, path, text] of walls) write(path, text)
    result = lint('-f', 'json')
    for (const [, path] of walls) rmSync(join(house, 'packages/server/src', path))
  })

  test.each(walls)('%s is refused', (_, path, __, complaint) => {
    expect(result.ok).toBe(false)
    const { diagnostics } = JSON.parse(result.output) as { diagnostics: { filename: string }[] }
    const said = diagnostics.filter(({ filename }) =>
      filename.endsWith(path.replace(/^(\.\.\/)+/, '')),
    )
    expect(JSON.stringify(said)).toContain(complaint)
  })
})

describe('the wall of pure types', () => {
  test.each([
    ['Buffer', "export const x = Buffer.from('a')\n"],
    ['node:fs', "import { readFileSync } from 'node:fs'\nexport const x = readFileSync('a')\n"],
  ])('%s does not compile in a pure module', (_, text) => {
    const result = withFile('base/kernel/broken.ts', text, pureTypes)
    expect(result.ok).toBe(false)
    expect(result.output).toMatch(/TS2591|TS2307|TS2304|TS2580/)
  })
})
