import { parse } from 'smol-toml'
import { expect, test } from 'vitest'
import { defineConfig } from './define-config.ts'
import { parseEnv } from './env-files.ts'
import { nearestName } from './nearest-name.ts'
import { printConfig, toPrintable } from './print-config.ts'
import { renderConfigDocs } from './render-docs.ts'
import { schema, variableName } from './schema.ts'
import { formatBytes, formatDuration, parseBytes, parseDuration } from './units.ts'

test('durations are read as Go writes them', () => {
  expect(['1h30m', '1.5s', '250ms', '2m', '0', '90', 5].map(parseDuration)).toEqual([
    5_400_000, 1500, 250, 120_000, 0, 90_000, 5000,
  ])
  for (const bad of ['', 'soon', '5 s', '-1s', '1d', true])
    expect(() => parseDuration(bad)).toThrow('duration')
  expect([5_400_000, 1500, 0].map(formatDuration)).toEqual(['1h30m', '1s500ms', '0s'])
})

test('sizes have binary units', () => {
  expect(['50MiB', '50MB', '50m', '1.5KiB', '10', 10, '2G'].map(parseBytes)).toEqual([
    52_428_800, 52_428_800, 52_428_800, 1536, 10, 10, 2_147_483_648,
  ])
  for (const bad of ['', 'big', '5XB', '-1', 1.5]) expect(() => parseBytes(bad)).toThrow('size')
  expect([52_428_800, 1000, 1024].map(formatBytes)).toEqual(['50MiB', 1000, '1KiB'])
})

test('.env files: quotes, escapes, comments, export, several lines', () => {
  const content = [
    '# a comment',
    'A=1 # note',
    'export B="two\\nlines" # note',
    "C='as # it \\n is'",
    'D="line one',
    'line two"',
    'E=',
    'F = spaced  ',
    'G=a=b',
    'not an assignment',
  ].join('\r\n')
  expect(parseEnv(content)).toEqual({
    A: '1',
    B: 'two\nlines',
    C: 'as # it \\n is',
    D: 'line one\nline two',
    E: '',
    F: 'spaced',
    G: 'a=b',
  })
})

test('a misspelling finds its name, a strange word none', () => {
  expect(nearestName('prot', ['port', 'pool'])).toBe('port')
  expect(nearestName('zebra', ['port', 'pool'])).toBeNull()
})

test('no two options share an environment variable', () => {
  const names = Object.keys(schema).map(variableName)
  expect(new Set(names).size).toBe(names.length)
})

test('every default passes its own parser, in the spelling it is printed with', () => {
  for (const [key, option] of Object.entries(schema)) {
    if (option.default === null) continue
    const print = option.print.bind(option) as (value: unknown) => unknown
    expect(option.parse(print(option.default)), key).toEqual(option.default)
  }
})

test('an embedder gets defaults and its own values, and is told of unknown keys', () => {
  expect(defineConfig({ 'api.max_rows': 3 })).toMatchObject({
    'api.max_rows': 3,
    'api.port': 54321,
  })
  expect(() => defineConfig({ 'api.prot': 1 } as never)).toThrow(
    'api.prot: there is no such option',
  )
})

test('printing masks secrets and can be read back', () => {
  const config = defineConfig({
    'auth.jwt_secret': 'a-very-secret-secret',
    'db.vault': { token: 'hush' },
    'auth.external': {
      github: {
        enabled: true,
        client_id: 'id',
        secret: 'hush',
        redirect_uri: null,
        url: null,
        skip_nonce_check: false,
        email_optional: false,
      },
    },
  })
  const text = printConfig(config, 'toml')
  expect(text).not.toContain('hush')
  expect(text).not.toContain('a-very-secret-secret')
  expect(parse(text)).toEqual(JSON.parse(printConfig(config, 'json')))
  expect(toPrintable(config)).toMatchObject({
    api: { port: 54321, schemas: ['public', 'graphql_public'] },
    storage: { file_size_limit: '50MiB' },
    auth: {
      jwt_secret: '********',
      email: { max_frequency: '1s' },
      external: { github: { client_id: 'id', secret: '********' } },
    },
    db: { vault: { token: '********' } },
  })
})

test('the documentation has a row for every option', () => {
  const page = renderConfigDocs()
  for (const [key, option] of Object.entries(schema)) {
    const name = option.fields === null ? `\`${key.split('.').at(-1)}\`` : `[${key}.<name>]`
    expect(page, key).toContain(name)
  }
})
