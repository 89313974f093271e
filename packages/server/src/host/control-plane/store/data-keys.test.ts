import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { createDataKeys, parseMasterKey } from './data-keys.ts'

test('a master key is 32 bytes in base64, of either alphabet', () => {
  const key = randomBytes(32)
  for (const text of [
    key.toString('base64'),
    key.toString('base64url'),
    `${key.toString('base64')}\n`,
  ])
    expect(parseMasterKey(text, 'X')).toEqual(key)
})

test.each([
  '',
  'short',
  randomBytes(31).toString('base64'),
  randomBytes(33).toString('base64'),
  '!'.repeat(43),
])('%j is none, and the error says how to make one', (text) => {
  expect(() => parseMasterKey(text, 'BASALT_MASTER_KEY')).toThrow(
    expect.objectContaining({
      code: 'control_master_key_invalid',
      message: 'BASALT_MASTER_KEY is not 32 bytes in base64',
      hint: expect.stringContaining('openssl rand -base64 32') as string,
    }) as Error,
  )
})

test('a data key opens for its own project alone', () => {
  const keys = createDataKeys(randomBytes(32))
  const { id, wrapped, sealer } = keys.make('one', 'id')
  const sealed = sealer.seal('secret', 'place')
  expect(keys.open('one', { id, wrapped }).open(sealed, 'place')).toBe('secret')
  expect(() => keys.open('two', { id, wrapped })).toThrow(/another master key/)
})
