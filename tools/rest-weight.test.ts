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

const bundle = resolve('packages/server/dist/bundle')

/** Every module in the files that loading `entry` loads, as it was built. */
function bundled(entry: string, seen = new Set<string>()): Set<string> {
  if (seen.has(entry)) return seen
  seen.add(entry)
  const text = readFileSync(join(bundle, entry), 'utf8')
  for (const [, module] of text.matchAll(/^\/\/ packages\/server\/dist\/(.+)\.js$/gm))
    seen.add(module as string)
  for (const [, file] of text.matchAll(/^(?:import |} from )(?:[^\n]* from )?"\.\/(.+)";$/gm))
    bundled(file as string, seen)
  return seen
}

test('so it is in what was built: no file of an entry holds what the entry does not need', () => {
  const services = (entry: string): string[] =>
    [...bundled(entry)].filter((name) => /^(services|host\/platform)\//.test(name))
  const rest = services('rest.js')
  expect(rest).toContain('services/data-api/service')
  expect(rest.filter((name) => !name.startsWith('services/data-api/'))).toEqual([])
  // `basalt start`, `stop` and `status`, before there is a database
  const local = services('local.js').map((name) => name.split('/').slice(0, 2).join('/'))
  expect([...new Set(local)].toSorted()).toEqual(['services/extensions', 'services/inbox'])
})
