/** What conflicts are found by, and when it is forgotten. */
import { expect, test } from 'vitest'
import { CommitLog } from './commit-log.ts'
import { ReadSet } from './read-set.ts'

const conflict = expect.objectContaining({ code: 'transaction_conflict' }) as Error

function readsOf(...keys: string[]): ReadSet {
  const reads = new ReadSet()
  for (const key of keys) reads.addKey(key)
  return reads
}

test('ranges that were read are found by any key in them, points only by themselves', () => {
  const reads = readsOf('m')
  reads.addRange({ gte: 'b', lt: 'd' })
  reads.addRange({ gte: 'c', lt: 'f' })
  reads.addRange({ gte: 'x', lt: 'x' })
  const found = ['a', 'b', 'c\0', 'e\uffff', 'f', 'm', 'm\0', 'x'].filter((key) => reads.has(key))
  expect(found).toEqual(['b', 'c\0', 'e\uffff', 'm'])
})

test('only commits behind the beginning conflict', () => {
  const log = new CommitLog()
  const owner = {}
  log.open(owner, 1)
  log.add(2, [{ key: 'a' }], 2)
  expect(() => log.check(readsOf('a'), 1)).toThrow(conflict)
  expect(() => log.check(readsOf('a'), 2)).not.toThrow(conflict)
  expect(() => log.check(readsOf('b'), 1)).not.toThrow(conflict)
})

test('commits that are accepted and not yet written stay, though nobody is open', () => {
  const log = new CommitLog()
  log.add(1, [{ key: 'a' }], 0)
  log.add(2, [{ key: 'b' }], 0)
  expect(() => log.check(readsOf('a'), 0)).toThrow(conflict)
  expect(() => log.check(readsOf('c'), 0)).not.toThrow(conflict)
})

test('the memory of a forgotten transaction is bounded; it then conflicts whatever it read', () => {
  const log = new CommitLog(100)
  log.open({}, 0)
  for (let seq = 1; seq <= 1000; seq++) log.add(seq, [{ key: `k${seq}` }], seq)
  expect(() => log.check(readsOf('never'), 0)).toThrow(conflict)
  expect(() => log.check(readsOf('never'), 995)).not.toThrow(conflict)
  expect(() => log.check(readsOf('k999'), 995)).toThrow(conflict)
})
