import { expect, test } from 'vitest'
import { KnownRefs } from './known-refs.ts'

test('2,000 names at once are three questions, whichever of them there are', async () => {
  const questions: number[] = []
  const known = new KnownRefs((refs) => {
    questions.push(refs.length)
    return Promise.resolve(refs.filter((ref) => ref === 'shop'))
  })
  const first = known.has('shop')
  const found = await Promise.all(
    Array.from({ length: 2_000 }, (_, at) => known.has(`nobody-${at}`)),
  )
  expect([await first, found.includes(true)]).toEqual([true, false])
  expect(questions).toEqual([1_000, 1_000, 1])
})

test('names that are asked for while a question is under way are in the next one; its failure is that of its own names', async () => {
  const answers: ((refs: string[] | Error) => void)[] = []
  const known = new KnownRefs(
    () =>
      new Promise((resolve, reject) =>
        answers.push((answer) => (answer instanceof Error ? reject(answer) : resolve(answer))),
      ),
  )
  const refused = known.has('one').catch(String)
  await expect.poll(() => answers.length).toBe(1)
  const later = [known.has('two'), known.has('three')]
  answers[0]?.(new Error('away'))
  expect(await refused).toBe('Error: away')
  await expect.poll(() => answers.length).toBe(2)
  answers[1]?.(['three'])
  expect(await Promise.all(later)).toEqual([false, true])
})
