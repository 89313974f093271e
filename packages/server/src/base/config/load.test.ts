import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findWorkdir, loadConfig } from './load.ts'
import { ConfigError } from './problem.ts'

let workdir: string

beforeEach(() => {
  workdir = mkdtempSync(join(tmpdir(), 'basalt config '))
})
afterEach(() => rmSync(workdir, { recursive: true }))

function write(path: string, content: string): void {
  mkdirSync(dirname(join(workdir, path)), { recursive: true })
  writeFileSync(join(workdir, path), content)
}

function load(environment: Record<string, string> = {}, flags = {}) {
  return loadConfig({ workdir, environment, flags })
}

function problemsOf(environment: Record<string, string> = {}): string[] {
  try {
    load(environment)
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n')
    throw error
  }
  return []
}

test('without a file every option has its default, and the project is named after its folder', () => {
  const { config, warnings, file } = load()
  expect(file).toBeNull()
  expect(warnings).toEqual([])
  expect(config).toMatchObject({
    'api.port': 54321,
    'api.schemas': ['public', 'graphql_public'],
    'auth.jwt_issuer': null,
    'auth.email.max_frequency': 1000,
    'storage.file_size_limit': 52_428_800,
    project_id: workdir.split('/').at(-1),
  })
  expect(Object.isFrozen(config)).toBe(true)
})

test('the file overrides defaults, the environment the file, flags the environment', () => {
  write('supabase/config.toml', '[api]\nport = 1111\nmax_rows = 5\n[auth]\njwt_expiry = 60\n')
  const { config } = load(
    {
      SUPABASE_API_MAX_ROWS: '6',
      SUPABASE_AUTH_JWT_EXPIRY: '61',
      SUPABASE_API_SCHEMAS: 'public, app',
    },
    { 'auth.jwt_expiry': 62 },
  )
  expect(config).toMatchObject({
    'api.port': 1111,
    'api.max_rows': 6,
    'auth.jwt_expiry': 62,
    'api.schemas': ['public', 'app'],
  })
})

test('sections with names of the user are read field by field', () => {
  write(
    'supabase/config.toml',
    `[storage.buckets.avatars]
public = true
file_size_limit = "1MiB"
[auth.external.github]
enabled = true
client_id = "abc"
[auth.email.template.invite]
subject = "Come in"
[db.settings]
max_connections = 20
[auth.sms.test_otp]
4152127777 = "123456"
[functions.hello]
verify_jwt = false
`,
  )
  const { config, warnings } = load({
    SUPABASE_AUTH_EXTERNAL_GITHUB_SECRET: 's',
    SUPABASE_AUTH_EXTERNAL_LINKEDIN_OIDC_CLIENT_ID: 'l',
  })
  expect(warnings).toEqual([])
  expect(config['storage.buckets']).toEqual({
    avatars: {
      public: true,
      file_size_limit: 1_048_576,
      allowed_mime_types: [],
      objects_path: null,
    },
  })
  expect(config['auth.external']['github']).toMatchObject({
    enabled: true,
    client_id: 'abc',
    secret: 's',
  })
  expect(config['auth.external']['linkedin_oidc']).toMatchObject({ enabled: false, client_id: 'l' })
  expect(config['auth.email.template']['invite']?.subject).toBe('Come in')
  expect(config['db.settings']).toEqual({ max_connections: '20' })
  expect(config['auth.sms.test_otp']).toEqual({ '4152127777': '123456' })
  expect(config['functions']['hello']).toMatchObject({ enabled: true, verify_jwt: false })
})

test('all problems are reported at once, each with its source and key', () => {
  write(
    'supabase/config.toml',
    `[api]
port = 70000
schemas = "public"
[auth]
jwt_expiry = "soon"
jwt_secret = "short"
site_url = 5
[storage.buckets.a]
public = "maybe"
`,
  )
  expect(problemsOf({ SUPABASE_DB_PORT: 'x' })).toEqual([
    'supabase/config.toml: api.port: expected a whole number from 1 to 65535, found 70000',
    'supabase/config.toml: auth.jwt_expiry: expected a whole number, found "soon"',
    'supabase/config.toml: auth.site_url: expected text in quotes, found 5',
    'supabase/config.toml: storage.buckets.a.public: expected true or false, found "maybe"',
    'SUPABASE_DB_PORT: db.port: expected a whole number, found "x"',
    'supabase/config.toml: auth.jwt_secret: expected at least 16 characters',
  ])
})

test('a wait is at most what a timer can wait for; what is only compared may be longer', () => {
  write(
    'supabase/config.toml',
    '[basalt]\nrequest_timeout = "600h"\n[basalt.backup]\nkeep = "8760h"\n[auth.sessions]\ntimebox = "1440h"\n',
  )
  expect(problemsOf()).toEqual([
    'supabase/config.toml: basalt.request_timeout: expected at most 576h, found "600h"',
  ])
})

test('a file that is not TOML is reported with line and column', () => {
  write('supabase/config.toml', '[api]\nport = = 1\n')
  expect(problemsOf()[0]).toMatch(
    /^supabase\/config\.toml: cannot read config: line 2, column \d+: /,
  )
})

test('the value of a secret is not repeated in a problem', () => {
  write('supabase/config.toml', '[auth]\njwt_secret = 12345678901234567890\n')
  expect(problemsOf().join()).not.toContain('123456789')
})

test('two services on one port are a problem', () => {
  write('supabase/config.toml', '[api]\nport = 54322\n')
  expect(problemsOf()).toEqual([
    'supabase/config.toml: db.port: port 54322 is also api.port; each needs its own',
  ])
})

test('unknown keys warn and name what was probably meant', () => {
  write(
    'supabase/config.toml',
    '[api]\nprot = 1\n[weather]\nsun = true\n[auth.hook.send_mail]\nenabled = true\n[functions.f]\nverify_jtw = true\n',
  )
  expect(load().warnings).toEqual([
    'supabase/config.toml: api.prot: unknown, ignored (did you mean api.port?)',
    'supabase/config.toml: weather: unknown, ignored',
    'supabase/config.toml: auth.hook.send_mail: unknown, ignored (did you mean send_email?)',
    'supabase/config.toml: functions.f.verify_jtw: unknown, ignored (did you mean verify_jwt?)',
  ])
})

test('env(NAME) takes a variable; without one the text stays and a warning says so', () => {
  write(
    'supabase/config.toml',
    '[auth]\nsite_url = "env(SITE)"\nadditional_redirect_urls = ["env(SITE)/x", "env(SITE)"]\n[auth.email.smtp]\npass = "env(NOPE)"\n',
  )
  const { config, warnings } = load({ SITE: 'https://a.example' })
  expect(config).toMatchObject({
    'auth.site_url': 'https://a.example',
    'auth.additional_redirect_urls': ['env(SITE)/x', 'https://a.example'],
    'auth.email.smtp.pass': 'env(NOPE)',
  })
  expect(warnings).toEqual([
    'supabase/config.toml: auth.email.smtp.pass: environment variable NOPE is not set',
  ])
})

test('.env files: supabase/ before the working directory, the more specific first, the process before all', () => {
  write('supabase/config.toml', '[auth]\nsite_url = "env(A)-"\njwt_issuer = "env(A)"\n')
  const issuer = (environment = {}) => load(environment).config['auth.jwt_issuer']
  write('.env', 'A=top')
  expect(issuer()).toBe('top')
  write('supabase/.env', 'A=supabase')
  expect(issuer()).toBe('supabase')
  write('supabase/.env.development', 'A=development')
  expect(issuer()).toBe('development')
  write('supabase/.env.local', 'A=local')
  expect(issuer()).toBe('local')
  write('supabase/.env.development.local', 'A=development.local')
  expect(issuer()).toBe('development.local')
  expect(issuer({ SUPABASE_ENV: 'test' })).toBe('supabase')
  expect(issuer({ A: 'process' })).toBe('process')
})

test('a .env file may override options, and BASALT_DB_URL names the database', () => {
  write(
    '.env',
    'SUPABASE_API_PORT=9000\nBASALT_DB_URL=postgres://a@b/c\nDB_URL=postgres://other@b/c\n',
  )
  expect(load().config).toMatchObject({ 'api.port': 9000, 'basalt.db_url': 'postgres://a@b/c' })
})

test('the working directory is the nearest folder above that holds supabase/config.toml', () => {
  write('supabase/config.toml', '')
  write('src/deep/file', '')
  expect(findWorkdir(join(workdir, 'src/deep'))).toBe(workdir)
  expect(findWorkdir(tmpdir())).toBe(tmpdir())
})

test('newer names of tables are the old ones, and win over them', () => {
  write(
    'supabase/config.toml',
    '[inbucket]\nport = 1\nsender_name = "S"\n[local_smtp]\nenabled = true\nport = 2\n[experimental.webhooks]\nenabled = true\n[experimental.inspect]\nrules = []\n',
  )
  expect(load().warnings).toEqual([])
  expect(load().config).toMatchObject({
    'inbucket.port': 2,
    'inbucket.sender_name': 'S',
    'experimental.webhooks.enabled': true,
  })
  expect(load({ SUPABASE_LOCAL_SMTP_PORT: '3' }).config['inbucket.port']).toBe(3)
})

test('secrets may lie in files, which variables name', () => {
  const place = (name: string, content: string | Uint8Array, mode = 0o600): string => {
    const path = join(workdir, name)
    writeFileSync(path, content)
    chmodSync(path, mode)
    return path
  }
  const jwt = place('jwt', 'a secret of its own, long enough\r\n\n')
  const url = place('url', 'postgres://a:b@c/d', 0o644)
  write('supabase/config.toml', '[auth.external.github]\nsecret = "env(GITHUB_SECRET)"\n')
  const { config, warnings } = load({
    SUPABASE_AUTH_JWT_SECRET_FILE: jwt,
    BASALT_DB_URL_FILE: url,
    GITHUB_SECRET_FILE: place('github', 'hub'),
    SUPABASE_AUTH_EXTERNAL_GITLAB_SECRET_FILE: place('gitlab', 'lab'),
    SUPABASE_API_PORT_FILE: '/nowhere',
  })
  expect(config['auth.jwt_secret']).toBe('a secret of its own, long enough')
  expect(config['basalt.db_url']).toBe('postgres://a:b@c/d')
  expect(config['auth.external']['github']?.secret).toBe('hub')
  expect(config['auth.external']['gitlab']?.secret).toBe('lab')
  expect(warnings).toEqual([
    `environment: BASALT_DB_URL_FILE: everybody on this machine can read ${url}: chmod o-r`,
  ])
  const wrong = (path: string, extra = {}) =>
    problemsOf({ SUPABASE_AUTH_JWT_SECRET_FILE: path, ...extra }).join()
  expect(wrong(jwt, { SUPABASE_AUTH_JWT_SECRET: 'x'.repeat(40) })).toContain(
    'SUPABASE_AUTH_JWT_SECRET is set too',
  )
  expect(wrong('/nowhere')).toContain('ENOENT')
  expect(wrong(workdir)).toContain('is no file')
  expect(wrong(place('empty', '\n'))).toContain('is empty')
  expect(wrong(place('large', 'x'.repeat(70_000)))).toContain('larger than')
  expect(wrong(place('binary', new Uint8Array([0xff, 0xfe])))).toContain('is no text')
})
