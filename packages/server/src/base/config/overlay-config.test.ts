import { expect, test } from 'vitest'
import { defineConfig } from './define-config.ts'
import { mergeConfigTree, overlayConfig } from './overlay-config.ts'
import type { ConfigTree } from './overlay-config.ts'

const base = defineConfig({
  'auth.external': {
    github: {
      enabled: true,
      client_id: 'id',
      secret: 'shh',
      redirect_uri: null,
      url: null,
      skip_nonce_check: false,
      email_optional: false,
    },
  },
  'auth.sms.test_otp': { '4930': '123456' },
})

test('values of the tree lie over those of the file, in the notation of the file', () => {
  const tree = { auth: { enable_signup: false, sessions: { timebox: '2h' } }, api: { max_rows: 7 } }
  const { config, problems } = overlayConfig(base, tree, 'test')
  expect(problems).toEqual([])
  expect(config).toMatchObject({
    'auth.enable_signup': false,
    'auth.sessions.timebox': 7_200_000,
    'api.max_rows': 7,
    'auth.site_url': base['auth.site_url'],
  })
})

test('a table keeps the members and the neighbours that are not named', () => {
  const tree = {
    auth: {
      external: { github: { enabled: false }, google: { enabled: true } },
      sms: { test_otp: { '4931': '1' } },
    },
  }
  const { config } = overlayConfig(base, tree, 'test')
  expect(config['auth.external']['github']).toMatchObject({ enabled: false, secret: 'shh' })
  expect(config['auth.external']['google']).toMatchObject({ enabled: true, client_id: '' })
  expect(config['auth.sms.test_otp']).toEqual({ '4930': '123456', '4931': '1' })
})

test('every problem is listed: wrong values, unknown names, what is read at start only', () => {
  const tree = {
    auth: { jwt_expiry: 'soon', nonsense: 1, jwt_secret: 'x'.repeat(40), external: 7 },
    db: { port: 1 },
    storage: {
      purge_url: 'http://10.0.0.1/',
      s3: { endpoint: 'http://10.0.0.1/' },
      file_size_limit: '1MiB',
    },
  }
  const { problems } = overlayConfig(base, tree, 'test')
  expect(problems.map(({ key }) => String(key)).toSorted()).toEqual([
    'auth.external',
    'auth.jwt_expiry',
    'auth.jwt_secret',
    'auth.nonsense',
    'db.port',
    'storage.purge_url',
    'storage.s3.endpoint',
  ])
  expect(JSON.stringify(problems)).not.toContain('xxxx')
})

test('a patch merges, null takes away, a masked secret stays', () => {
  const tree = { auth: { email: { otp_length: 8 }, smtp: { pass: 'a' } } }
  expect(mergeConfigTree(tree, { auth: { email: { otp_length: null } } })).toEqual({
    auth: { smtp: { pass: 'a' } },
  })
  expect(mergeConfigTree(tree, { auth: { smtp: { pass: '********', host: 'h' } } })).toEqual({
    auth: { email: { otp_length: 8 }, smtp: { pass: 'a', host: 'h' } },
  })
  expect(mergeConfigTree({}, JSON.parse('{"__proto__":{"a":1}}') as ConfigTree)).not.toHaveProperty(
    'a',
  )
})

test('what is called a path and names no file can be changed', () => {
  const tree = {
    api: { extra_search_path: ['public', 'extensions', 'app'] },
    auth: { oauth_server: { authorization_url_path: '/consent' } },
  }
  const { config, problems } = overlayConfig(base, tree, 'test')
  expect(problems).toEqual([])
  expect(config['api.extra_search_path']).toEqual(['public', 'extensions', 'app'])
  expect(config['auth.oauth_server.authorization_url_path']).toBe('/consent')
})

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
  '%s, which every object has, is no option',
  (name) => {
    for (const value of ['{"x":1}', '5']) {
      const tree = JSON.parse(`{"${name}":${value}}`) as ConfigTree
      const { problems } = overlayConfig(base, tree, 'patch')
      expect(problems).toMatchObject([{ key: name, message: 'there is no such option' }])
    }
  },
)

test('a table of a name may be called as what every object has', () => {
  const tree = JSON.parse('{"storage":{"buckets":{"__proto__":{"public":true}}}}') as ConfigTree
  const { config } = overlayConfig(base, tree, 'patch')
  expect(Object.entries(config['storage.buckets'])).toMatchObject([['__proto__', { public: true }]])
})
