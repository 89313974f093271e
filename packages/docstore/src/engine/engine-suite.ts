/** The contract of an engine, run by every adapter: in Node by the tests, in Chromium by a page. Needs no test runner. */
import type { Engine, Entry, IterateOptions, Value } from './engine.ts'

export interface SuiteCase {
  name: string
  run: () => Promise<void>
}

/** A fresh, empty engine. `persist`, where the engine outlives itself: closes it and opens the same again. */
export type EngineFactory = () => Promise<{ engine: Engine; reopen?: () => Promise<Engine> }>

function equal(actual: unknown, expected: unknown): void {
  const [a, b] = [show(actual), show(expected)]
  if (a !== b) throw new Error(`expected ${b}, got ${a}`)
}

const show = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    part instanceof Uint8Array ? { bytes: [...part] } : part === undefined ? 'undefined!' : part,
  )

async function all(engine: Engine, options: Partial<IterateOptions> = {}): Promise<Entry[]> {
  const iterator = engine.iterate({ gte: '', lt: '\uffff', values: 'text', ...options })
  const entries: Entry[] = []
  for (;;) {
    const found = await iterator.next(3)
    entries.push(...found)
    if (found.length < 3) break
  }
  await iterator.close()
  return entries
}

const put = (engine: Engine, entries: Record<string, Value | undefined>): Promise<void> =>
  engine.write(
    Object.entries(entries).map(([key, value]) => ({ key, value })),
    { sync: false },
  )

const cases: Record<
  string,
  (engine: Engine, reopen: (() => Promise<Engine>) | undefined) => Promise<void>
> = {
  'a key that was never written is undefined': async (engine) => {
    equal(await engine.get('a', 'text'), undefined)
  },
  'text and bytes come back as they were, also as each other': async (engine) => {
    const bytes = new Uint8Array([0, 1, 255, 128])
    await put(engine, { t: 'é€😀\0', b: bytes, empty: '' })
    equal(await engine.get('t', 'text'), 'é€😀\0')
    equal([...((await engine.get('b', 'bytes')) as Uint8Array)], [0, 1, 255, 128])
    equal(await engine.get('empty', 'text'), '')
    equal(
      [...((await engine.get('t', 'bytes')) as Uint8Array)],
      [...new TextEncoder().encode('é€😀\0')],
    )
  },
  'a write replaces and undefined deletes; the last of one batch wins': async (engine) => {
    await put(engine, { a: '1', b: '1' })
    await engine.write(
      [
        { key: 'a', value: '2' },
        { key: 'b', value: undefined },
        { key: 'c', value: '1' },
        { key: 'c', value: '2' },
      ],
      { sync: true },
    )
    equal(await all(engine), [
      ['a', '2'],
      ['c', '2'],
    ])
  },
  'keys sort by code unit, control characters and the last one included': async (engine) => {
    const keys = [
      '\0',
      '\0\0',
      '\x01',
      'a',
      'a\0',
      'a\uffff',
      'b',
      'z',
      '\x7f',
      '\x80',
      'é',
      'ÿ',
      'Ā',
      '\ud7ff',
      '\ue000',
    ]
    await put(engine, Object.fromEntries(keys.toReversed().map((key) => [key, ''])))
    equal(
      (await all(engine)).map(([key]) => key),
      keys.toSorted((a, b) => (a < b ? -1 : 1)),
    )
  },
  'a range has its lower bound and not its upper one': async (engine) => {
    await put(engine, { a: '1', b: '2', c: '3', d: '4' })
    equal(await all(engine, { gte: 'b', lt: 'd' }), [
      ['b', '2'],
      ['c', '3'],
    ])
    equal(await all(engine, { gte: 'b', lt: 'd', reverse: true }), [
      ['c', '3'],
      ['b', '2'],
    ])
    equal(await all(engine, { gte: 'b\0', lt: 'c' }), [])
    equal(
      await all(engine, { gte: 'b', lt: 'd', values: 'none' }).then((found) =>
        found.map(([key]) => key),
      ),
      ['b', 'c'],
    )
  },
  'next gives exactly as many as asked for until the end': async (engine) => {
    const entries = Object.fromEntries(
      Array.from({ length: 1000 }, (_, n) => [String(n).padStart(4, '0'), 'x'.repeat(100)]),
    )
    await put(engine, entries)
    const iterator = engine.iterate({ gte: '', lt: '\uffff', values: 'text' })
    equal((await iterator.next(1)).length, 1)
    equal((await iterator.next(700)).length, 700)
    equal((await iterator.next(700)).length, 299)
    equal((await iterator.next(700)).length, 0)
    await iterator.close()
  },
  'a snapshot does not see later writes, deletions and new keys': async (engine) => {
    await put(engine, { a: '1', b: '1', d: '1' })
    const snapshot = engine.snapshot()
    await put(engine, { a: '2', b: undefined, c: '2' })
    equal(await engine.get('a', 'text', snapshot), '1')
    equal(await engine.get('b', 'text', snapshot), '1')
    equal(await engine.get('c', 'text', snapshot), undefined)
    equal(await all(engine, { snapshot }), [
      ['a', '1'],
      ['b', '1'],
      ['d', '1'],
    ])
    equal(await all(engine, { snapshot, reverse: true }), [
      ['d', '1'],
      ['b', '1'],
      ['a', '1'],
    ])
    equal(await all(engine), [
      ['a', '2'],
      ['c', '2'],
      ['d', '1'],
    ])
    await snapshot.close()
  },
  'snapshots of different times see their own time, over several chunks': async (engine) => {
    const at = (n: number): string => String(n).padStart(3, '0')
    await put(engine, Object.fromEntries(Array.from({ length: 50 }, (_, n) => [at(n), 'old'])))
    const first = engine.snapshot()
    await put(engine, Object.fromEntries(Array.from({ length: 25 }, (_, n) => [at(2 * n), 'new'])))
    const second = engine.snapshot()
    await put(engine, Object.fromEntries(Array.from({ length: 50 }, (_, n) => [at(n), undefined])))
    equal(
      (await all(engine, { snapshot: first })).filter(([, value]) => value === 'old').length,
      50,
    )
    equal(
      (await all(engine, { snapshot: second })).filter(([, value]) => value === 'new').length,
      25,
    )
    equal((await all(engine, { snapshot: second })).length, 50)
    equal(await all(engine), [])
    await first.close()
    await second.close()
  },
  'a write during a walk of a snapshot is not seen by it': async (engine) => {
    await put(engine, { a: '1', b: '1', c: '1', d: '1', e: '1' })
    const snapshot = engine.snapshot()
    const iterator = engine.iterate({ gte: '', lt: '\uffff', values: 'text', snapshot })
    equal(await iterator.next(2), [
      ['a', '1'],
      ['b', '1'],
    ])
    await put(engine, { c: undefined, d: '2', dd: '2' })
    equal(await iterator.next(9), [
      ['c', '1'],
      ['d', '1'],
      ['e', '1'],
    ])
    await iterator.close()
    await snapshot.close()
  },
  'clear empties a range and leaves its neighbours and older snapshots': async (engine) => {
    await put(engine, { a: '1', b: '1', c: '1', d: '1' })
    const snapshot = engine.snapshot()
    await engine.clear({ gte: 'b', lt: 'd' })
    equal(
      (await all(engine)).map(([key]) => key),
      ['a', 'd'],
    )
    equal(
      (await all(engine, { snapshot })).map(([key]) => key),
      ['a', 'b', 'c', 'd'],
    )
    await snapshot.close()
  },
  'a batch of 10,000 is written whole': async (engine) => {
    const ops = Array.from({ length: 10_000 }, (_, n) => ({ key: `k${n}`, value: `v${n}` }))
    await engine.write(ops, { sync: true })
    equal(await engine.get('k9999', 'text'), 'v9999')
    equal((await all(engine, { values: 'none' })).length, 10_000)
  },
  'a value of 4 MiB comes back': async (engine) => {
    const bytes = new Uint8Array(4 << 20).fill(7)
    await put(engine, { big: bytes })
    equal(((await engine.get('big', 'bytes')) as Uint8Array).length, 4 << 20)
  },
  'what was written is there after closing and opening': async (engine, reopen) => {
    if (reopen === undefined) return
    await engine.write([{ key: 'a', value: 'kept' }], { sync: true })
    await engine.close()
    const again = await reopen()
    equal(await again.get('a', 'text'), 'kept')
    await again.close()
  },
}

/** `for (const { name, run } of engineSuite(factory)) test(name, run)`. */
export function engineSuite(factory: EngineFactory): SuiteCase[] {
  return Object.entries(cases).map(([name, check]) => ({
    name,
    run: async () => {
      const { engine, reopen } = await factory()
      try {
        await check(engine, reopen)
      } finally {
        await engine.close()
      }
    },
  }))
}
