import { expect, test } from 'vitest'
import { ChangeReader } from './read-changes.ts'

const begin = Buffer.alloc(21)
begin.write('B')
begin.writeUInt32BE(77, 17)
const insert = Buffer.from([0x49, 0, 0, 0, 5])
const commit = Buffer.alloc(26)
commit.write('C')
commit.writeBigUInt64BE(900n, 10)

test('a transaction is known once all of it has come', () => {
  const reader = new ChangeReader()
  expect(reader.beganAt).toBeNull()
  expect(reader.read(begin)).toBeNull()
  expect(reader.read(insert)).toBeNull()
  expect(reader.beganAt).toBeLessThanOrEqual(performance.now())
  expect(reader.read(commit)).toEqual({ endLsn: 900n, xid: 77, tables: new Set([5]) })
  expect(reader.beganAt).toBeNull()
})
