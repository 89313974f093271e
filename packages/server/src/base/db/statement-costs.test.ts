import { expect, test } from 'vitest'
import { StatementCosts } from './statement-costs.ts'

const statement = { name: 'test', text: 'select 1', values: [] }

/** Whether a statement that took this long is cheap. */
function cheapAfter(...ms: number[]): boolean {
  const costs = new StatementCosts()
  for (const one of ms) costs.learn([statement], one)
  return costs.isCheap([statement])
}

const times = (count: number, ms: number): number[] => Array.from({ length: count }, () => ms)

test('a statement is trusted after three runs, not before', () => {
  expect(cheapAfter()).toBe(false)
  expect(cheapAfter(0.3, 0.3)).toBe(false)
  expect(cheapAfter(0.3, 0.3, 0.3)).toBe(true)
  expect(cheapAfter(6, 6, 6)).toBe(false)
})

test('a first run that also plans does not count', () => {
  expect(cheapAfter(20, 0.3, 0.3)).toBe(true)
})

test('a run in thirty that a busy processor makes slow changes nothing; one in five does', () => {
  const run = [...times(29, 0.3), 12]
  expect(cheapAfter(...times(40, 0).flatMap(() => run))).toBe(true)
  const often = [...times(4, 0.3), 12]
  expect(cheapAfter(...times(80, 0).flatMap(() => often))).toBe(false)
})

test('one really slow run is enough, and is forgotten after about a hundred', () => {
  const known = times(10, 0.3)
  expect(cheapAfter(...known, 500)).toBe(false)
  expect(cheapAfter(...known, 500, ...times(40, 0.3))).toBe(false)
  expect(cheapAfter(...known, 500, ...times(100, 0.3))).toBe(true)
})

test('a statement that has become slow is found out', () => {
  expect(cheapAfter(...times(1000, 0.3), ...times(20, 12))).toBe(false)
})

test('a pipeline is as cheap as its dearest statement', () => {
  const costs = new StatementCosts()
  const other = { ...statement, text: 'select 2' }
  for (let i = 0; i < 3; i++) costs.learn([statement], 0.3)
  expect(costs.isCheap([statement, other])).toBe(false)
})
