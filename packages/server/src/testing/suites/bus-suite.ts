/** What every bus has to do, the same for all: `busSuite('memory', () => createFixture())`. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Bus } from '#base/bus'

export interface BusFixture {
  connect(): Bus | Promise<Bus>
  /** Messages are lost from here on: what carries them is killed. */
  interrupt(): void | Promise<void>
  /** It is there again; connections come back by themselves. */
  restore(): void | Promise<void>
  close(): void | Promise<void>
}

const text = (message: Uint8Array): string => Buffer.from(message).toString('utf8')
const bytes = (value: string): Uint8Array => Buffer.from(value, 'utf8')

export function busSuite(title: string, open: () => BusFixture | Promise<BusFixture>): void {
  describe(`bus: ${title}`, () => {
    let fixture: BusFixture
    let a: Bus
    let b: Bus
    let c: Bus
    beforeAll(async () => {
      fixture = await open()
      ;[a, b, c] = [await fixture.connect(), await fixture.connect(), await fixture.connect()]
    })
    afterAll(async () => {
      for (const bus of [a, b, c]) await bus.close()
      await fixture.close()
    })

    const ends = new Map<string[], () => void>()
    async function listen(bus: Bus, topic: string): Promise<string[]> {
      const heard: string[] = []
      ends.set(heard, await bus.subscribe(topic, (message) => void heard.push(text(message))))
      return heard
    }

    /** What was published before has arrived wherever it goes. */
    async function settled(from: Bus, ...to: readonly Bus[]): Promise<void> {
      const topic = `settled-${Math.random()}`
      for (const bus of to) {
        const heard = await listen(bus, topic)
        from.publish(topic, bytes('.'))
        await vi.waitUntil(() => heard.length > 0, 5_000)
        ends.get(heard)?.()
      }
    }

    test('a message reaches everybody else who is subscribed, once, and not who sent it', async () => {
      const [own, other, third] = [await listen(a, 't'), await listen(b, 't'), await listen(c, 't')]
      const elsewhere = await listen(b, 'u')
      a.publish('t', bytes('x'))
      await settled(a, b, c)
      expect([own.length, other, third, elsewhere]).toEqual([0, ['x'], ['x'], []])
    })

    test('messages of one connection arrive in their order, bytes as they were', async () => {
      const heard: Uint8Array[] = []
      await b.subscribe('order', (message) => void heard.push(message))
      const sent = Array.from({ length: 500 }, (_, i) => Buffer.from([0, 255, 13, 10, i >> 8, i]))
      for (const message of sent) a.publish('order', message)
      await vi.waitUntil(() => heard.length === sent.length, 5_000)
      expect(Buffer.concat(heard).equals(Buffer.concat(sent))).toBe(true)
    })

    test('large and empty messages arrive', async () => {
      const sizes: number[] = []
      await b.subscribe('sizes', (message) => void sizes.push(message.length))
      for (const size of [0, 5_000_000]) a.publish('sizes', Buffer.alloc(size, 1))
      await vi.waitUntil(() => sizes.length === 2, 5_000)
      expect(sizes).toEqual([0, 5_000_000])
    })

    test('who has ended a subscription hears no more; others of the same topic do', async () => {
      const [first, second] = [await listen(b, 'end'), await listen(b, 'end')]
      ends.get(first)?.()
      a.publish('end', bytes('1'))
      await settled(a, b)
      ends.get(second)?.()
      a.publish('end', bytes('2'))
      await settled(a, b)
      const again = await listen(b, 'end')
      a.publish('end', bytes('3'))
      await vi.waitUntil(() => again.length > 0, 5_000)
      expect([first, second, again]).toEqual([[], ['1'], ['3']])
    })

    test('names of topics are any text', async () => {
      const names = ['*', 'a?[b]', 'ä\u0000\n', ' ', 'x'.repeat(1000)]
      const heard = await Promise.all(names.map((name) => listen(b, name)))
      for (const name of names) a.publish(name, bytes(name))
      await settled(a, b)
      expect(heard).toEqual(names.map((name) => [name]))
    })

    test('an interruption is told when it is over, and old subscriptions hear again', async () => {
      const heard = await listen(b, 'again')
      const restored: string[] = []
      const stop = [a.onRestored(() => restored.push('a')), b.onRestored(() => restored.push('b'))]
      await fixture.interrupt()
      await vi.waitUntil(() => !a.isUp && !b.isUp, 5_000)
      a.publish('again', bytes('lost'))
      const meanwhile = await listen(b, 'meanwhile')
      await fixture.restore()
      await vi.waitUntil(() => restored.includes('a') && restored.includes('b'), 10_000)
      a.publish('again', bytes('heard'))
      a.publish('meanwhile', bytes('too'))
      await vi.waitUntil(() => heard.length > 0 && meanwhile.length > 0, 5_000)
      expect([heard, meanwhile]).toEqual([['heard'], ['too']])
      for (const end of stop) end()
    })

    test('who has closed says and hears nothing', async () => {
      const gone = await fixture.connect()
      const heard = await listen(gone, 'gone')
      const other = await listen(b, 'gone')
      await gone.close()
      gone.publish('gone', bytes('x'))
      a.publish('gone', bytes('y'))
      await vi.waitUntil(() => other.length > 0, 5_000)
      expect([heard, other]).toEqual([[], ['y']])
    })
  })
}
