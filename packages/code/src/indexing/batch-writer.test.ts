/** Batches in their order, two at a time. */
import { expect, test } from 'vitest'
import { BatchWriter } from './batch-writer.ts'

/** Writes end when they are told to. */
function open(signal = new AbortController().signal) {
  const begun: number[] = []
  const ends = new Map<number, { resolve(): void; reject(error: Error): void }>()
  const writer = new BatchWriter<number>(([first = -1]) => {
    begun.push(first)
    return new Promise((resolve, reject) => void ends.set(first, { resolve, reject }))
  }, signal)
  return { begun, ends, writer }
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

test('two are written at once, a third is read meanwhile, and who adds a fourth waits', async () => {
  const { begun, ends, writer } = open()
  for (const number of [1, 2, 3]) await writer.add([Promise.resolve(number)])
  let isAdded = false
  const added = writer.add([Promise.resolve(4)]).then(() => (isAdded = true))
  await turn()
  expect([begun, isAdded]).toEqual([[1, 2], false])
  ends.get(1)?.resolve()
  await added
  await turn()
  expect(begun).toEqual([1, 2, 3])
  const finished = writer.finish()
  ends.get(2)?.resolve()
  await turn()
  expect(begun).toEqual([1, 2, 3, 4])
  ends.get(3)?.resolve()
  ends.get(4)?.resolve()
  await finished
})

test('one that fails is told, and what is behind it is not written', async () => {
  const { begun, ends, writer } = open()
  for (const number of [1, 2, 3]) await writer.add([Promise.resolve(number)])
  await turn()
  ends.get(1)?.reject(new Error('no room'))
  ends.get(2)?.resolve()
  await expect(writer.finish()).rejects.toThrow('no room')
  await writer.settle()
  expect(begun).toEqual([1, 2])
})
