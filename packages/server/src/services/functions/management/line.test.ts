import { expect, test } from 'vitest'
import { Line } from './line.ts'

test('so many run, so many wait in turn, others are refused', async () => {
  const line = new Line(1, 1)
  const order: number[] = []
  let release = (): void => {}
  const first = line.run(() => new Promise<void>((resolve) => (release = resolve)))
  const second = line.run(async () => void order.push(2))
  await expect(line.run(async () => {})).rejects.toMatchObject({ code: 'functions_busy' })
  release()
  await Promise.all([first, second])
  expect(order).toEqual([2])
  await expect(line.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  await line.run(async () => void order.push(3))
  expect(order).toEqual([2, 3])
})
