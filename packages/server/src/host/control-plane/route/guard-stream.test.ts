import { expect, test } from 'vitest'
import type { StreamedBody } from '#base/http'
import { guardStream } from './guard-stream.ts'

function source(waits = false) {
  const told = { made: 0, isOver: false }
  const body = (async function* () {
    try {
      for (; told.made < 3; told.made++) yield Buffer.from(String(told.made))
      if (waits) await new Promise<void>(() => {})
    } finally {
      told.isOver = true
    }
  })()
  return { told, response: { status: 200, headers: {}, body } }
}
const bodyOf = (response: { body: unknown }): StreamedBody => response.body as StreamedBody
async function read(body: StreamedBody): Promise<string> {
  let text = ''
  for await (const chunk of body) text += Buffer.from(chunk).toString()
  return text
}

test('who may read on reads all of it, also where it cannot be asked', async () => {
  for (const may of [() => Promise.resolve(true), () => Promise.reject(new Error('away'))])
    expect(await read(bodyOf(guardStream(source().response, may, 1)))).toBe('012')
})

test('who may not any more is told while they wait for the next', async () => {
  const guarded = guardStream(source(true).response, () => Promise.resolve(false), 5)
  await expect(read(bodyOf(guarded))).rejects.toThrow('may not have it any more')
})

test('what makes it ends although nobody reads', async () => {
  const { told, response } = source()
  const guarded = guardStream(response, () => Promise.resolve(false), 5)
  const reader = bodyOf(guarded)[Symbol.asyncIterator]()
  await reader.next()
  await expect.poll(() => told.isOver).toBe(true)
  await expect(reader.next()).rejects.toThrow('may not have it any more')
})

test('who leaves early lets it go, and what has no stream stays as it is', async () => {
  const { told, response } = source()
  for await (const _ of bodyOf(guardStream(response, () => Promise.resolve(true)))) break
  expect(told.isOver).toBe(true)
  const plain = { status: 200, headers: {}, body: 'text' }
  expect(guardStream(plain, () => Promise.resolve(false))).toBe(plain)
})

test('the members of the body come along, and no others', () => {
  const { response } = source()
  const body = bodyOf(guardStream(response, () => Promise.resolve(true)))
  expect(Object.keys(body)).toEqual([])
  let isFinished = false
  const endless = Object.assign(source().response.body, {
    length: 3,
    finish: () => void (isFinished = true),
  })
  const guarded = guardStream({ ...response, body: endless }, () => Promise.resolve(true))
  expect(bodyOf(guarded).length).toBe(3)
  bodyOf(guarded).finish?.()
  expect(isFinished).toBe(true)
})
