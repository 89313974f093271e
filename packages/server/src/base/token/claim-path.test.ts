import { expect, test } from 'vitest'
import { parseClaimPath } from './claim-path.ts'

const claims = {
  role: 'plain',
  aud: ['first', 'second'],
  app: { role: 'nested', roles: ['other', 'app_7', 'x_last'] },
  'https://example.com/roles': [{ value: 'far' }],
  list: [
    { kind: 'team', name: 'a' },
    { kind: 'role', name: 'b', level: 3 },
  ],
}

test.each([
  ['$.role', 'plain'],
  ['.role', 'plain'],
  ['$.app.role', 'nested'],
  ["$['app']['roles'][1]", 'app_7'],
  ['$.app.roles[-1]', 'x_last'],
  ['$.app.roles[3]', undefined],
  ['$.missing.deeper', undefined],
  ['$["https://example.com/roles"][0].value', 'far'],
  ['."https://example.com/roles"[0].value', 'far'],
  ['$.app.roles[?(@ == "app_7")]', 'app_7'],
  ["$.app.roles[?@ != 'other']", 'app_7'],
  ['.app.roles[?(@ ^== "app_")]', 'app_7'],
  ['.app.roles[?(@ ==^ "_last")]', 'x_last'],
  ['.app.roles[?(@ *== "_7")]', 'app_7'],
  ["$.app.roles[?search(@, '^app')]", 'app_7'],
  ["$.app.roles[?match(@, 'app')]", undefined],
  ["$.list[?@.kind == 'role'].name", 'b'],
  ["$.list[?@.level > 2 && (@.kind == 'x' || !(@.kind == 'team'))].name", 'b'],
  ['$.list[?@.level].name', 'b'],
  ['$..level', 3],
  ['$.app.*', 'nested'],
  ['$.app.roles[1:2]', 'app_7'],
  ["$.app['none', 'role']", 'nested'],
  ['.list[?(@ == "string")]', undefined],
])('%s', (path, expected) => {
  expect(parseClaimPath(path)(claims)).toEqual(expected)
})

test.each([
  'role.other',
  '.role##',
  '$.my_role;;domain',
  '1234',
  '.role[?(@ =)]',
  '@@.role',
  '$.a[',
  '$..',
])('%s is no path', (path) => {
  expect(() => parseClaimPath(path)).toThrow('cannot be read from')
})

test('members of the prototype are no claims', () => {
  expect(parseClaimPath('$.constructor')({})).toBeUndefined()
  expect(parseClaimPath('$.app.roles.length')(claims)).toBeUndefined()
})
