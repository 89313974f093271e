import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createRestLoader, loadRestConfig } from './load-rest.ts'
import { exampleRestConfig, printRestConfig } from './print-rest.ts'
import { ConfigError } from './problem.ts'

const folder = mkdtempSync(join(tmpdir(), 'basalt-rest-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(content: string, name = 'my.conf'): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

function load(content: string, environment = {}, inDatabase = {}) {
  return loadRestConfig({ file: file(content), environment, inDatabase })
}

function problemsOf(content: string, environment = {}): string[] {
  try {
    load(content, environment)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n')
    throw error
  }
}

test('without anything every option has PostgREST’s default', () => {
  const { config } = loadRestConfig({ environment: {} })
  expect(config).toMatchObject({
    'db-schemas': ['public'],
    'db-anon-role': null,
    'db-pool': 10,
    'db-tx-end': 'commit',
    'db-extra-search-path': ['public'],
    'jwt-role-claim-key': '$.role',
    'server-port': 3000,
    'admin-server-port': null,
    'openapi-mode': 'follow-privileges',
    'db-aggregates-enabled': false,
    'app.settings': {},
  })
})

test('the database wins over the environment, the environment over the file', () => {
  const { config } = load(
    'db-max-rows = 1\ndb-schemas = "file"\nserver-port = 1111\ndb-pool = 2',
    { PGRST_DB_MAX_ROWS: '2', PGRST_DB_SCHEMAS: 'one, two' },
    { db_max_rows: '3', db_pool: '99' },
  )
  expect(config).toMatchObject({
    'db-max-rows': 3,
    'db-schemas': ['one', 'two'],
    'server-port': 1111,
    // not an option the database may set
    'db-pool': 2,
  })
})

test('empty text means not set, except for the extra search path', () => {
  const { config } = load('', { PGRST_LOG_LEVEL: '', PGRST_DB_EXTRA_SEARCH_PATH: '' })
  expect(config).toMatchObject({ 'log-level': 'error', 'db-extra-search-path': [] })
})

test('the file: comments, quotes, switches, several lines, variables, dollars, old names', () => {
  const { config, warnings } = load(
    [
      '# a comment',
      'db-uri = "$(DATABASE)" # note',
      'db-anon-role = "we\\"b"',
      'db-channel-enabled = off',
      'jwt-secret = "{',
      '  \\"kty\\": \\"oct\\"',
      '}"',
      'jwt-role-claim-key = "$$.a.role"',
      'db-schema = "old"',
      'max-rows = 7',
      'server-unix-socket-mode = 666',
      'app.settings.Some_Key = "v"',
      'db-poool = 1',
    ].join('\n'),
    { DATABASE: 'postgres://x/y', PGRST_APP_SETTINGS_other: 'w' },
  )
  expect(config).toMatchObject({
    'db-uri': 'postgres://x/y',
    'db-anon-role': 'we"b',
    'db-channel-enabled': false,
    'jwt-secret': '{\n  "kty": "oct"\n}',
    'jwt-role-claim-key': '$.a.role',
    'db-schemas': ['old'],
    'db-max-rows': 7,
    'server-unix-socket-mode': '666',
    'app.settings': { Some_Key: 'v', other: 'w' },
  })
  expect(warnings).toEqual([
    `${join(folder, 'my.conf')}: db-poool: unknown, ignored (did you mean db-pool?)`,
  ])
})

test('secret and URI may stand in files of their own', () => {
  const secret = file('a-secret-of-at-least-32-characters\n', 'secret')
  const uri = file('  postgres://u@h/d \n', 'uri')
  const { config } = load('', { PGRST_JWT_SECRET: `@${secret}`, PGRST_DB_URI: `@${uri}` })
  expect(config['jwt-secret']).toBe('a-secret-of-at-least-32-characters')
  expect(config['db-uri']).toBe('postgres://u@h/d')
})

test('a file is read again at each reload, standard input only once', () => {
  const secret = file('the first secret of 32 characters', 'changing')
  const load = createRestLoader({ environment: { PGRST_JWT_SECRET: `@${secret}` } })
  expect(load({}).config['jwt-secret']).toBe('the first secret of 32 characters')
  file('the next secret, of 32 characters', 'changing')
  expect(load({}).config['jwt-secret']).toBe('the next secret, of 32 characters')
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  const writer = spawn('sh', ['-c', `printf 'postgres://from@a/pipe' > '${pipe}'`])
  const once = createRestLoader({ environment: { PGRST_DB_URI: `@${pipe}` } })
  expect(once({}).config['db-uri']).toBe('postgres://from@a/pipe')
  expect(once({}).config['db-uri']).toBe('postgres://from@a/pipe')
  writer.kill()
})

test('all problems are told at once, secrets unseen', () => {
  const problems = problemsOf('db-pool = "many"\nthis is nothing\nadmin-server-port = 3000', {
    PGRST_LOG_LEVEL: 'never',
    PGRST_DB_TX_END: 'random',
    PGRST_DB_SCHEMAS: 'public, pg_catalog',
    PGRST_OPENAPI_SERVER_PROXY_URI: 'htp:/@@localhorst.invalid',
    PGRST_SERVER_UNIX_SOCKET_MODE: '599',
    PGRST_JWT_AUD: 'http://%%localhorst.invalid',
    PGRST_JWT_SECRET: '@/does/not/exist',
  })
  for (const expected of [
    'line 2: expected name = value',
    'db-pool: expected a whole number, found "many"',
    'environment: PGRST_LOG_LEVEL: expected "crit"',
    'environment: PGRST_DB_TX_END: expected "commit"',
    'db-schemas: pg_catalog cannot be exposed',
    'PGRST_OPENAPI_SERVER_PROXY_URI: expected a URL',
    'PGRST_SERVER_UNIX_SOCKET_MODE: expected permissions',
    'jwt-aud: expected text without colons, or a URI',
    'jwt-secret: ENOENT',
    'admin-server-port: is the same as server-port',
  ]) {
    expect(problems.join('\n')).toContain(expected)
  }
})

test('a file that is not there is a problem', () => {
  expect(() => loadRestConfig({ file: '/does/not/exist', environment: {} })).toThrow(ConfigError)
})

test('what is printed can be read back', () => {
  const { config } = load('jwt-role-claim-key = "$$.a[?(@ == \\"x\\")]"\ndb-anon-role = "web"', {
    PGRST_JWT_SECRET: 'x'.repeat(32),
    PGRST_APP_SETTINGS_key: 'a\\b',
  })
  const printed = printRestConfig(config)
  expect(printed).toContain('jwt-role-claim-key = "$$.a[?(@ == \\"x\\")]"\n')
  expect(load(printed).config).toEqual({ ...config, 'admin-server-host': '!4' })
  expect(printRestConfig(config, true)).not.toContain('x'.repeat(32))
})

test('the example is a file that changes nothing', () => {
  expect(load(exampleRestConfig()).config).toEqual(loadRestConfig({ environment: {} }).config)
})
