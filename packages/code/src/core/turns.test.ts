/** Who comes when. */
import { expect, test } from 'vitest'
import { Turns } from './turns.ts'

function open(longestWaitMs = 60_000) {
  const late = () => new Error('too late')
  const turns = new Turns({ most: 3, mostOfOne: 2, longestWaitMs, late })
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  const take = (who: string, name: string): Promise<void> =>
    turns.take(who, () => {
      begun.push(name)
      return new Promise((resolve) => void ends.set(name, resolve))
    })
  return { begun, ends, take }
}

const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

test('one has so many at once, another one comes beside him, and then in turn', async () => {
  const { begun, ends, take } = open()
  const all = ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1'].map((name) => take(name.charAt(0), name))
  await settle()
  expect(begun).toEqual(['a1', 'a2', 'b1'])
  for (const name of ['a1', 'a2', 'b1', 'a3', 'b2', 'c1', 'a4']) {
    ends.get(name)?.()
    await settle()
  }
  await Promise.all(all)
  expect(begun).toEqual(['a1', 'a2', 'b1', 'a3', 'b2', 'c1', 'a4'])
})

test('who waits for too long is told so, and his turn is for the next one', async () => {
  const { begun, ends, take } = open(5)
  const first = [take('a', 'a1'), take('a', 'a2')]
  await expect(take('a', 'a3')).rejects.toThrow('too late')
  ends.get('a1')?.()
  await settle()
  const last = take('a', 'a4')
  await settle()
  expect(begun).toEqual(['a1', 'a2', 'a4'])
  for (const end of ends.values()) end()
  await Promise.all([...first, last])
})

test('one that fails gives its turn back', async () => {
  const late = () => new Error('too late')
  const turns = new Turns({ most: 1, mostOfOne: 1, longestWaitMs: 5, late })
  await expect(turns.take('a', () => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
  await expect(turns.take('a', () => Promise.resolve(1))).resolves.toBe(1)
})
