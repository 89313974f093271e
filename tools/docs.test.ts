/** What the documents claim, read by a test. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { errorCodes, renderConfigDocs, renderErrorDocs } from '@basalt/server/docs'
import { layers } from '../layers.mjs'

const root = resolve(import.meta.dirname, '..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const filesBelow = (folder: string, pattern: RegExp): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => pattern.test(path) && !path.includes('node_modules'))
    .map((path) => join(folder, path))

describe('ARCHITECTURE.md', () => {
  const page = read('ARCHITECTURE.md')

  test('every path it names exists', () => {
    const named = [...page.matchAll(/`((?:packages|test|docs|tools)\/[\w./-]+)`/g)].map(
      ([, path]) => path as string,
    )
    expect(named.length).toBeGreaterThan(15)
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  test('its layer table is layers.mjs, and every module has a row', () => {
    for (const [module, allowed] of Object.entries(layers))
      expect(page).toContain(
        `| \`${module}\` | ${allowed.map((name) => `\`${name}\``).join(' ') || 'nothing'} |`,
      )
    const foldersIn = (path: string): string[] =>
      readdirSync(join(root, 'packages/server/src', path), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => join(path, entry.name))
    const floors = ['base', 'services', 'host']
    const modules = [
      ...foldersIn('').filter((name) => !floors.includes(name)),
      ...floors.flatMap(foldersIn),
    ]
    expect(modules.length).toBeGreaterThan(20)
    expect(modules.filter((name) => !Object.hasOwn(layers, name))).toEqual([])
  })

  test('every room with a face has a row', () => {
    const rooms = filesBelow('packages/server/src', /\/index\.ts$/).map((path) =>
      path.replace('packages/server/src/', '').replace('/index.ts', ''),
    )
    expect(rooms.length).toBeGreaterThan(40)
    expect(rooms.filter((name) => !Object.hasOwn(layers, name))).toEqual([])
  })

  test('a row stands behind those it admits: no circle can be written down', () => {
    const names = Object.keys(layers)
    const forward = Object.entries(layers).flatMap(([module, allowed]) =>
      allowed
        .filter((name) => !name.endsWith('/*') && names.indexOf(name) >= names.indexOf(module))
        .map((name) => `${module} → ${name}`),
    )
    expect(forward).toEqual([])
  })
})

test('links between documents lead somewhere', () => {
  for (const page of [
    'README.md',
    'ARCHITECTURE.md',
    'CONTRIBUTING.md',
    'docs/compatibility.md',
    'docs/transactions.md',
  ]) {
    const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(
      ([, path]) => path as string,
    )
    expect(links.filter((path) => !existsSync(join(root, join(page, '..'), path)))).toEqual([])
  }
})

test('every script the documents name is in package.json', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  for (const page of ['README.md', 'CONTRIBUTING.md'])
    for (const [, name] of read(page).matchAll(/npm run (?:-s )?([\w:-]+)/g))
      expect(Object.keys(scripts)).toContain(name)
})

test('the generated pages are fresh', () => {
  expect(read('docs/config.md')).toBe(renderConfigDocs())
  expect(read('docs/errors.md')).toBe(renderErrorDocs())
})

test('every error code is provoked by a test, or says here why not', () => {
  const unprovoked: Record<string, string> = {
    over_sms_send_rate_limit: 'comes with the SMS providers',
  }
  const tests = [...filesBelow('packages', /\.test\.ts$/), ...filesBelow('test', /\.ts$/)]
    .map(read)
    .join('\n')
  const missing = errorCodes().filter(
    (code) => !tests.includes(code) && !Object.hasOwn(unprovoked, code),
  )
  expect(missing).toEqual([])
})
