/** Time series: writing, finding, expiring, dropping, aggregating. */
import { describe, expect, test } from 'vitest'
import { code, engineKinds, newFolder, openFor } from './docstore.fixture.ts'
import { openSeries } from './series.ts'

const hour = 3_600_000

describe.each(engineKinds)('on engine %s', (kind) => {
  const opened = async (options: { now?: () => number; ttlMs?: number } = {}) => {
    const docstore = await openFor(kind, options)
    const { series } = await openSeries({ docstore, bucketMs: 24 * hour, ...options })
    return { docstore, series }
  }
  const filled = async () => {
    const { series, docstore } = await opened()
    const records = []
    for (const key of ['cpu.a', 'cpu.b', 'mem'])
      for (let n = 0; n < 96; n++) records.push({ key, at: n * hour, value: n })
    await series.write(records)
    return { series, docstore }
  }

  test('values come back as they were; the last of one key and time wins', async () => {
    const { series } = await opened()
    const values = [1.5, -0.1, 'text é', '', true, null, { a: [1] }, new Uint8Array([0, 255])]
    await series.write(values.map((value, at) => ({ key: 'k', at, value })))
    for (const [at, value] of values.entries()) expect(await series.get('k', at)).toEqual(value)
    await series.write([
      { key: 'k', at: 0, value: 1 },
      { key: 'k', at: 0, value: 2 },
    ])
    expect(await series.get('k', 0)).toBe(2)
    expect(await series.get('k', 99)).toBeUndefined()
    expect(await series.getLatest('k')).toMatchObject({ at: 7 })
    expect(await series.getLatest('none')).toBeUndefined()
  })

  test('a batch with one bad record is not written at all', async () => {
    const { series } = await opened()
    for (const bad of [
      { key: '', at: 1, value: 1 },
      { key: 'k', at: NaN, value: 1 },
      { key: 'k', at: 1, value: Infinity },
      { key: 'k', at: 1, value: (() => 1) as unknown as object },
    ])
      await expect(series.write([{ key: 'ok', at: 1, value: 1 }, bad])).rejects.toEqual(
        code('invalid_record'),
      )
    expect(await series.query()).toEqual([])
  })

  test('by key, prefix, range of keys, time, and both; forwards, backwards, limited', async () => {
    const { series } = await filled()
    const find = async (query: object) =>
      (await series.query(query)).map(({ key, at }) => `${key}@${at / hour}`)
    expect(await find({ key: 'mem', from: 23 * hour, to: 26 * hour })).toEqual([
      'mem@23',
      'mem@24',
      'mem@25',
    ])
    expect(await find({ key: 'mem', direction: 'prev', limit: 2 })).toEqual(['mem@95', 'mem@94'])
    expect(await find({ prefix: 'cpu.', from: 23 * hour, to: 25 * hour })).toEqual([
      'cpu.a@23',
      'cpu.a@24',
      'cpu.b@23',
      'cpu.b@24',
    ])
    expect(await find({ keyRange: { gte: 'cpu.b', lt: 'mem' }, from: 95 * hour })).toEqual([
      'cpu.b@95',
    ])
    expect(await find({ from: 48 * hour, to: 49 * hour, direction: 'prev' })).toEqual([
      'mem@48',
      'cpu.b@48',
      'cpu.a@48',
    ])
    expect(await series.query()).toHaveLength(288)
    expect(await find({ prefix: 'c', limit: 1 })).toEqual(['cpu.a@0'])
    expect(await series.getLatest('cpu.b')).toMatchObject({ at: 95 * hour, value: 95 })
  })

  test('deletes points and ranges', async () => {
    const { series } = await filled()
    await series.deleteMany([
      { key: 'mem', at: 0 },
      { key: 'mem', at: hour },
    ])
    expect((await series.query({ key: 'mem', limit: 1 }))[0]?.at).toBe(2 * hour)
    expect(await series.deleteRange({ prefix: 'cpu.', from: 10 * hour, to: 90 * hour })).toBe(160)
    expect(await series.query({ prefix: 'cpu.' })).toHaveLength(32)
  })

  test('records expire; buckets of expired ones, and old buckets, go without being read', async () => {
    let now = 0
    const { series, docstore } = await opened({ now: () => now, ttlMs: 10 * hour })
    for (let n = 0; n < 72; n++) await series.write([{ key: 'k', at: n * hour, value: n }])
    await series.write([{ key: 'k', at: 50 * hour, value: 0, expiresAt: 1000 * hour }])
    now = 60 * hour
    expect(await series.query({ key: 'k' })).toHaveLength(72 - 51 + 1)
    let read = 0
    const { engine } = docstore.internals.storage
    const [iterate, get] = [engine.iterate.bind(engine), engine.get.bind(engine)]
    engine.iterate = (options) => {
      read++
      return iterate(options)
    }
    engine.get = (...args) => {
      read++
      return get(...args)
    }
    // the engine without answers at once asks for nothing but its own bookkeeping
    expect(await series.gc()).toBe(2)
    expect(await series.dropBefore(72 * hour)).toBe(1)
    expect(read).toBe(0)
    Object.assign(engine, { iterate, get })
    expect(await series.query()).toEqual([])
    await series.write([{ key: 'k', at: 0, value: 7, expiresAt: 1e15 }])
    expect(await series.query()).toMatchObject([{ at: 0, value: 7 }])
  })

  test('downsampling and rollups agree, also out of order, after replacing and deleting', async () => {
    const { series } = await opened()
    await series.defineRollup({ name: 'six', intervalMs: 6 * hour, prefix: 'cpu' })
    await series.defineRollup({ name: 'six', intervalMs: 6 * hour, prefix: 'cpu' })
    await expect(series.defineRollup({ name: 'six', intervalMs: hour })).rejects.toEqual(
      code('rollup_conflict'),
    )
    const order = Array.from({ length: 48 }, (_, n) => (n * 29) % 48)
    for (let n = 0; n < 48; n += 4)
      await Promise.all(
        order.slice(n, n + 4).map((at) =>
          series.write([
            { key: 'cpu', at: at * hour, value: (at * 7) % 11 },
            { key: 'other', at, value: 1 },
          ]),
        ),
      )
    const agree = async () => {
      const counted = []
      for await (const cell of series.downsample({ key: 'cpu', intervalMs: 6 * hour }))
        counted.push(cell)
      expect(await series.rollup('six', { key: 'cpu' })).toEqual(counted)
      return counted
    }
    expect(await agree()).toHaveLength(8)
    await series.write([
      { key: 'cpu', at: 3 * hour, value: 100 },
      { key: 'cpu', at: 3 * hour + 1, value: -5 },
    ])
    expect((await agree())[0]).toMatchObject({ count: 7, max: 100, min: -5 })
    await series.deleteRange({ key: 'cpu', from: 0, to: 7 * hour })
    expect((await agree())[0]).toMatchObject({ start: 6 * hour, count: 5 })
    expect(await series.rollup('six', { key: 'cpu', from: 12 * hour, to: 24 * hour })).toHaveLength(
      2,
    )
    await series.dropRollup('six')
    await expect(series.rollup('six', { key: 'cpu' })).rejects.toEqual(code('invalid_record'))
  })

  test('rollups outlive their records', async () => {
    const { series } = await opened()
    await series.defineRollup({ name: 'day', intervalMs: 24 * hour })
    await series.write([
      { key: 'k', at: 1, value: 2 },
      { key: 'k', at: 2, value: 4 },
    ])
    await series.dropBefore(24 * hour)
    expect(await series.rollup('day', { key: 'k' })).toMatchObject([
      { count: 2, sum: 6, first: 2, last: 4 },
    ])
  })
})

test('buckets, rollups and records are there after reopening, and a drop that was cut off is finished', async () => {
  const dataDir = newFolder()
  const one = await openSeries({ dataDir, bucketMs: hour })
  await one.series.defineRollup({ name: 'r', intervalMs: hour })
  await one.series.write([
    { key: 'k', at: 0, value: 1 },
    { key: 'k', at: hour, value: 2 },
  ])
  await one.close()
  await expect(openSeries({ dataDir, bucketMs: 2 * hour })).rejects.toEqual(code('invalid_option'))
  const two = await openSeries({ dataDir, bucketMs: hour })
  expect(await two.series.query()).toHaveLength(2)
  expect(await two.series.rollup('r', { key: 'k' })).toHaveLength(2)
  await two.close()
})

test('writers wait while too much is unwritten; figures say what happened', async () => {
  const opened = await openSeries({ dataDir: newFolder(), maxPendingBytes: 20_000 })
  const { series } = opened
  const batch = (n: number) =>
    Array.from({ length: 100 }, (_, at) => ({ key: `k${n}`, at, value: 'x'.repeat(100) }))
  let highest = 0
  await Promise.all(
    Array.from({ length: 40 }, async (_, n) => {
      await series.write(batch(n))
      highest = Math.max(highest, series.stats().pendingBytes)
    }),
  )
  expect(highest).toBeLessThan(20_000 + 40 * 20_000)
  expect(series.stats()).toMatchObject({ recordsWritten: 4000, buckets: 1, writeMs: { count: 40 } })
  expect(series.metricsText()).toContain('docstore_series_records_written_total 4000\n')
  expect(series.metricsText()).toMatch(
    /docstore_series_write_duration_seconds\{quantile="0\.99"\} \d/,
  )
  await opened.close()
})
