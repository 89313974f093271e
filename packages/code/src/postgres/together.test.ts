/** Reads that go together: each has its own rows, and its own error. */
import { expect, test } from 'vitest'
import { Together } from './together.ts'
import type { Ask, Joined } from './together.ts'

class Refused extends Error {}

const ask = (value: string, name = 'numbers'): Ask => ({
  name,
  text: 'select asked.p1 as value',
  types: ['text'],
  values: [value],
})

/** A database that answers when it is told to. */
function open() {
  const sent: { joined: Joined; answer: () => void }[] = []
  const together = new Together(
    (joined) =>
      new Promise((resolve, reject) => {
        const values = joined.asked.map(({ at, p1 }) => ({ at: Number(at), value: String(p1) }))
        const answer = (): void => {
          if (values.some(({ value }) => value === 'broken')) reject(new Error('it broke'))
          else if (values.some(({ value }) => value === 'bad')) reject(new Refused('bad value'))
          else resolve(values.filter(({ value }) => value !== 'none'))
        }
        sent.push({ joined, answer })
      }),
    (error) => error instanceof Refused,
  )
  return { sent, together }
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

test('what comes in one turn is one statement, and each has its own rows', async () => {
  const { sent, together } = open()
  const answers = ['a', 'none', 'c'].map((value) => together.ask(ask(value)))
  await turn()
  expect(sent.map(({ joined }) => joined.asked)).toEqual([
    [
      { at: 0, p1: 'a' },
      { at: 1, p1: 'none' },
      { at: 2, p1: 'c' },
    ],
  ])
  expect(sent[0]?.joined.text).toBe(
    `select asked.at, found.* from json_to_recordset($1) as asked (at int, p1 text)\ncross join lateral (select asked.p1 as value) found`,
  )
  sent[0]?.answer()
  expect(await Promise.all(answers)).toEqual([[{ at: 0, value: 'a' }], [], [{ at: 2, value: 'c' }]])
})

test('two statements of a name are under way at most, of 16 each, and other names do not wait for them', async () => {
  const { sent, together } = open()
  const answers = Array.from({ length: 40 }, (_, index) => together.ask(ask(String(index))))
  await turn()
  answers.push(together.ask(ask('other', 'texts')))
  await turn()
  expect(sent.map(({ joined }) => joined.asked.length)).toEqual([16, 16, 1])
  sent[1]?.answer()
  await answers[16]
  await turn()
  expect(sent.map(({ joined }) => joined.asked.length)).toEqual([16, 16, 1, 8])
  for (const { answer } of sent) answer()
  expect((await Promise.all(answers)).map((rows) => rows.length)).toEqual(Array(41).fill(1))
})

test('what is refused is tried alone, and only who asked for it is told', async () => {
  const { sent, together } = open()
  const answers = ['a', 'bad', 'c'].map((value) => together.ask(ask(value)))
  const settled = Promise.allSettled(answers)
  await turn()
  sent[0]?.answer()
  await turn()
  expect(sent.map(({ joined }) => joined.asked.length)).toEqual([3, 1, 1, 1])
  for (const { answer } of sent) answer()
  expect((await settled).map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
  ])
  await expect(answers[1]).rejects.toThrow('bad value')
})

test('a connection that breaks is told to all, and nothing is asked twice', async () => {
  const { sent, together } = open()
  const settled = Promise.allSettled(['a', 'broken'].map((value) => together.ask(ask(value))))
  await turn()
  sent[0]?.answer()
  expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(sent).toHaveLength(1)
})

test('what has the same key is asked once for all that wait, and again for who comes later', async () => {
  const { sent, together } = open()
  const keyed = (): Promise<object[]> => together.ask({ ...ask('a'), key: 'same' })
  const answers = [keyed(), together.ask(ask('b')), keyed()]
  await turn()
  answers.push(keyed())
  await turn()
  expect(sent.map(({ joined }) => joined.asked.map(({ p1 }) => p1))).toEqual([['a', 'b'], ['a']])
  for (const { answer } of sent) answer()
  expect(await Promise.all(answers)).toEqual([
    [{ at: 0, value: 'a' }],
    [{ at: 1, value: 'b' }],
    [{ at: 0, value: 'a' }],
    [{ at: 0, value: 'a' }],
  ])
})
