import { expect, test } from 'vitest'
import { contentRange, rangeStatus } from './content-range.ts'
import { decodeBytea } from './decode-bytea.ts'
import { readEstimate, readOutcome } from './outcome.ts'
import { preferenceApplied } from './preference-applied.ts'
import { chooseStatus, mergeHeaders } from './response-settings.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const outcome = readOutcome([bytes('25'), bytes('10'), null, null, bytes('[]')], 'read')

test('Content-Range names the rows, the total, or a star for either', () => {
  expect(contentRange(0, 10, 25)).toBe('0-9/25')
  expect(contentRange(20, 5, null)).toBe('20-24/*')
  expect(contentRange(0, 0, null)).toBe('*/*')
  expect(contentRange(0, 0, 0)).toBe('*/0')
})

test('a part is 206, all is 200, nothing behind the end 416', () => {
  expect(rangeStatus(0, 10, 25)).toBe(206)
  expect(rangeStatus(0, 25, 25)).toBe(200)
  expect(rangeStatus(0, 25, null)).toBe(200)
  expect(rangeStatus(26, 0, 25)).toBe(416)
  expect(rangeStatus(25, 0, 25)).toBe(206)
})

test('cells are read by position, a mutation has location and updates before the body', () => {
  expect(outcome).toMatchObject({ total: 25, page: 10, updated: 0, location: null })
  const cells = [null, bytes('1'), null, null, bytes('{"id":"1"}'), bytes('1'), bytes('x')]
  expect(readOutcome(cells, 'mutation')).toMatchObject({
    page: 1,
    updated: 1,
    location: '{"id":"1"}',
    body: bytes('x'),
  })
})

test('the planner says how many rows it expects', () => {
  expect(readEstimate([bytes('[{"Plan": {"Node Type": "Seq Scan", "Plan Rows": 1234}}]')])).toBe(
    1234,
  )
  expect(readEstimate([null])).toBeNull()
})

test("SQL's headers win, and a repeated one is a list, but where a message has one only", () => {
  const headers = '[{"content-type":"a/b"},{"Content-Type":"x/y"},{"A":"1"},{"a":"2"}]'
  expect(
    mergeHeaders({ ...outcome, headers }, { 'content-type': 'application/json', b: '3' }),
  ).toEqual({ 'content-type': 'x/y', a: ['1', '2'], b: '3' })
})

test('a header that would break the response is refused', () => {
  for (const headers of [
    '{"a":"b"}',
    '[{"a":1}]',
    '[{"a":"b","c":"d"}]',
    '[{"a":"b\\r\\nc: d"}]',
    '[{"a b":"c"}]',
    'x',
  ]) {
    expect(() => mergeHeaders({ ...outcome, headers }, {})).toThrow('response.headers guc')
  }
})

test("SQL's status wins", () => {
  expect(chooseStatus({ ...outcome, status: '418' }, 200)).toBe(418)
  expect(chooseStatus(outcome, 200)).toBe(200)
  expect(() => chooseStatus({ ...outcome, status: '99' }, 200)).toThrow('response.status guc')
})

test('bytea in hex becomes bytes', () => {
  expect(decodeBytea(bytes('\\x00ffAb'))).toEqual(new Uint8Array([0, 255, 171]))
  expect(decodeBytea(bytes('plain'))).toEqual(bytes('plain'))
})

test('applied preferences are listed in one order', () => {
  expect(
    preferenceApplied({
      resolution: 'merge-duplicates',
      representation: 'minimal',
      count: 'exact',
      transaction: null,
      missing: 'default',
      handling: 'strict',
      timezone: 'UTC',
      maxAffected: 5,
      invalid: [],
    }),
  ).toBe(
    'resolution=merge-duplicates, missing=default, return=minimal, count=exact, handling=strict, timezone=UTC, max-affected=5',
  )
})
