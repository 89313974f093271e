import { expect, test } from 'vitest'
import { defineConfig } from '#base/config'
import { checkOwnPatch, checkProjectConfig, refusalOf } from './project-config.ts'

test.each([
  ['auth.jwt_secret', 'fleet'],
  ['auth.service_role_key', 'fleet'],
  ['auth.signing_keys_path', 'fleet'],
  ['basalt.encryption_key', 'fleet'],
  ['basalt.previous_encryption_key', 'fleet'],
  ['basalt.operator_token', 'fleet'],
  ['project_id', 'ref'],
  ['api.port', 'node'],
  ['api.external_url', 'node'],
  ['api.tls.enabled', 'node'],
  ['db.port', 'node'],
  ['db.shadow_port', 'node'],
  ['studio.port', 'node'],
  ['inbucket.smtp_port', 'node'],
  ['edge_runtime.inspector_port', 'node'],
  ['storage.memory_cache', 'node'],
  ['basalt.host', 'node'],
  ['basalt.admin_port', 'node'],
  ['basalt.redis_url', 'node'],
  ['basalt.db_url', 'update'],
  ['basalt.db.binaries', 'node'],
  ['basalt.db.shared_login', 'node'],
  ['db.pooler.port', 'node'],
  ['basalt.functions.cache_size', 'node'],
  ['basalt.max_connections', 'node'],
  ['basalt.allow_default_keys', 'node'],
])('%s is not a project’s to set', (key, reason) => {
  expect(refusalOf(key)).toContain(reason)
})

test.each([
  'auth.site_url',
  'auth.email.smtp.host',
  'auth.email.smtp.port',
  'storage.s3.bucket',
  'api.schemas',
  'basalt.rest.db_plan_enabled',
  'basalt.db.pool_max',
  'basalt.rate_limit.enabled',
  'basalt.require_api_key',
])('%s is', (key) => expect(refusalOf(key)).toBeNull())

test('no option that is a place on the node can be given by any name', () => {
  const places = Object.keys(defineConfig()).filter(
    (key) =>
      /(^|[._])(paths?|port|host|binaries)$/.test(key) &&
      !/^experimental|^auth\.(email\.smtp|oauth_server|external)|extra_search_path$/.test(key),
  )
  expect(places.length).toBeGreaterThan(15)
  for (const key of places) {
    const raw = key.endsWith('paths') ? ['/etc/x'] : key.endsWith('port') ? 4321 : '/etc/x'
    const tree = key.split('.').reduceRight<unknown>((value, name) => ({ [name]: value }), raw)
    expect(checkProjectConfig(tree as Record<string, unknown>), key).not.toEqual([])
  }
})

test('a file of a local project passes, with the ports it names', () => {
  const tree = {
    api: { port: 54321 },
    db: { port: 54322 },
    auth: { site_url: 'https://x.example' },
  }
  expect(checkProjectConfig(tree)).toEqual([])
})

test('every problem is named by its option', () => {
  const tree = {
    api: { max_rows: 'many', prt: 1 },
    auth: { email: { template: { invite: { subject: 'x', content_path: '/etc/passwd' } } } },
  }
  expect(checkProjectConfig(tree).map(({ key }) => key)).toEqual(
    expect.arrayContaining(['api.max_rows', 'api.prt', 'auth.email.template.invite.content_path']),
  )
})

test('a project’s own key changes what is read at each use, and takes nothing away around it', () => {
  expect(
    checkOwnPatch({ auth: { site_url: 'https://x.example', external: { github: null } } }),
  ).toEqual([])
  for (const patch of [{ auth: null }, { storage: { s3: null } }, { basalt: { db: null } }])
    expect(checkOwnPatch(patch)).toHaveLength(1)
})

test('other ways to the database name no files either, and no text has a NUL', () => {
  const direct = (url: string) => checkProjectConfig({ basalt: { db: { direct_url: url } } })
  expect(direct('postgres://u:p@db.example/x?sslrootcert=/etc/passwd')).toMatchObject([
    { key: 'basalt.db.direct_url' },
  ])
  for (const url of ['postgres://u:p@db.example/x', 'vault://secret/db#url'])
    expect(direct(url)).toEqual([])
  const replicas = { one: { url: 'postgres://u:p@db.example/x?sslkey=/etc/passwd' } }
  expect(checkProjectConfig({ basalt: { db: { replicas } } })).toMatchObject([
    { key: 'basalt.db.replicas.one.url' },
  ])
  expect(checkProjectConfig({ auth: { site_url: 'https://x.example/\0' } })).toHaveLength(1)
})

test('a project’s own key leads the node to no server', () => {
  const uri = (value: string) => ({ auth: { hook: { send_sms: { uri: value } } } })
  for (const patch of [
    uri('http://127.0.0.1:9090/metrics'),
    { auth: { email: { smtp: { host: 'redis.internal', port: 6379 } } } },
    { auth: { external: { keycloak: { url: 'https://10.0.0.1' } } } },
    { auth: { third_party: { clerk: { domain: '10.0.0.1' } } } },
    { basalt: { auth: { leaked_passwords_url: 'http://10.0.0.1' } } },
  ])
    expect(checkOwnPatch(patch), JSON.stringify(patch)).not.toEqual([])
  expect(checkOwnPatch(uri('pg-functions://postgres/public/send'))).toEqual([])
  expect(checkOwnPatch({ auth: { hook: { send_sms: { uri: null } } } })).toEqual([])
  expect(checkOwnPatch({ auth: { 'email.smtp': { host: 'x' } } })).toHaveLength(1)
})

test('functions of a project are let to names of the internet alone', () => {
  const check = (...allowed_hosts: string[]) =>
    checkProjectConfig({ basalt: { functions: { allowed_hosts } } }).map(({ key }) => key)
  expect(check('api.example.com', 'db.example.com:5432')).toEqual([])
  for (const host of ['127.0.0.1:6379', '[::1]:6379', '10.0.0.5:80', 'redis:6379', 'x.internal:80'])
    expect(check(host), host).toEqual(['basalt.functions.allowed_hosts'])
})

test('a bucket of its own comes with its own credentials', () => {
  const s3 = { bucket: 'other', prefix: 'beta/' }
  const keysOf = (tree: object): readonly (string | null)[] =>
    checkProjectConfig({ storage: { s3: tree } }).map(({ key }) => key)
  expect(keysOf(s3)).toEqual(['storage.s3.bucket', 'storage.s3.prefix'])
  expect(keysOf({ ...s3, access_key_id: 'id', secret_access_key: 'secret' })).toEqual([])
})
