import { expect, test } from 'vitest'
import { finish, sortInSteps } from './steps.ts'

const byRest = (a: number, b: number): number => (a % 1000) - (b % 1000)

test('sorting in steps is toSorted, as stable, in many steps', () => {
  for (const length of [0, 1, 499, 500, 501, 4321]) {
    const items = Array.from({ length }, (_, at) => (at * 7919) % 5003)
    expect(finish(sortInSteps(items, byRest))).toEqual(items.toSorted(byRest))
  }
  const steps = sortInSteps([...Array(4000).keys()], byRest)
  let count = 0
  while (steps.next().done !== true) count++
  expect(count).toBeGreaterThan(20)
})
