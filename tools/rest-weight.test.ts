/** What `basalt rest` loads: the data API and what it stands on, nothing of the platform around it. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const source = resolve('packages/server/src')
const statement = /^(?:import|export)\s(?!type\b)[^'"]*?from '([^']+)'|^import '([^']+)'/gm

/** Every file and package that loading `entry` loads. */
function loads(entry: string, seen = new Set<string>()): Set<string> {
  if (seen.has(entry)) return seen
  seen.add(entry)
  for (const [, from, bare] of readFileSync(entry, 'utf8').matchAll(statement)) {
    const name = from ?? bare ?? ''
    const file = name.startsWith('#')
      ? join(source, name.slice(1), 'index.ts')
      : name.startsWith('.')
        ? join(dirname(entry), name)
        : null
    if (file !== null && existsSync(file)) loads(file, seen)
    else seen.add(name)
  }
  return seen
}

test('rest loads neither platform nor auth, and two packages', () => {
  const loaded = [...loads(join(source, 'host/node/start-rest.ts'))]
  const modules = new Set(
    loaded
      .filter((name) => name.startsWith(source))
      .map((name) =>
        name
          .slice(source.length + 1)
          .split('/')
          .slice(0, 2)
          .join('/'),
      ),
  )
  expect([...modules].filter((name) => !name.startsWith('base/')).toSorted()).toEqual([
    'host/node',
    'host/rest',
    'services/data-api',
  ])
  const packages = loaded.filter((name) => !name.startsWith('/') && !name.startsWith('node:'))
  expect(packages.toSorted()).toEqual(['smol-toml', 'sonic-boom'])
})
