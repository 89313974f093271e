import { expect, test } from 'vitest'
import { cutAround } from './cut.ts'

test('the frame is as large as it fits, around the point, within the image', () => {
  const source = { width: 200, height: 100 }
  const frame = { width: 10, height: 10 }
  const cut = (x: number, y: number) => cutAround(source, frame, x, y)
  expect(cut(0.5, 0.5)).toEqual({ left: 50, top: 0, width: 100, height: 100 })
  expect(cut(0, 0)).toEqual({ left: 0, top: 0, width: 100, height: 100 })
  expect(cut(1, 1)).toEqual({ left: 100, top: 0, width: 100, height: 100 })
  expect(cutAround(source, { width: 400, height: 10 }, 0.5, 1)).toEqual({
    left: 0,
    top: 95,
    width: 200,
    height: 5,
  })
})
