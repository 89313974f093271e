/** Files that are locked, damaged, truncated or full: each says so, and repair says what it saved. */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { describe, expect, test } from 'vitest'
import { defineStore } from '#document'
import { openMemoryEngine } from '#engine'
import { code, newFolder } from './docstore.fixture.ts'
import { openDocstore } from './open-docstore.ts'
import { repair } from './repair.ts'

const docs = defineStore('docs', { key: 'id' })
  .index('by_n', ['n'])
  .index('by_mail', ['mail'], { unique: true })
const count = 4000

async function filled(): Promise<string> {
  const dataDir = newFolder()
  const db = await openDocstore({ dataDir, durability: 'none', writeBufferBytes: 64 << 10 })
  await db.applySchemas([docs])
  for (let from = 0; from < count; from += 100)
    await db.putMany(
      'docs',
      Array.from({ length: 100 }, (_, at) => ({
        id: from + at,
        n: at,
        mail: `m${from + at}`,
        text: `text ${from + at} `.repeat(5),
      })),
    )
  await db.close()
  // no table is left over from a compaction that closing cut off
  await compact(dataDir)
  return dataDir
}

async function compact(dataDir: string): Promise<void> {
  const level = new ClassicLevel(dataDir)
  await level.open()
  await level.compactRange('', '\uffff')
  await level.close()
  // opening removes tables that closing left behind: they belong to nothing, and damage in them harms nobody
  await level.open()
  await level.close()
}

function largest(dataDir: string, pattern: RegExp): string {
  const files = readdirSync(dataDir).filter((file) => pattern.test(file))
  return join(
    dataDir,
    files.toSorted(
      (a, b) => statSync(join(dataDir, b)).size - statSync(join(dataDir, a)).size,
    )[0] as string,
  )
}

function flipBit(file: string, at: number): void {
  const bytes = readFileSync(file)
  bytes[at] = (bytes[at] as number) ^ 4
  writeFileSync(file, bytes)
}

async function expectRepaired(dataDir: string, atLeast: number) {
  const report = await repair(dataDir)
  expect(report.hasCatalog).toBe(true)
  expect(report.documents['docs']).toBeGreaterThanOrEqual(atLeast)
  const db = await openDocstore({ dataDir })
  await db.applySchemas([docs])
  expect((await db.check()).problems).toEqual([])
  expect(await db.count('docs')).toBe(report.documents['docs'])
  await db.put('docs', { id: 'new' })
  await db.close()
  return report
}

describe('a damaged file', () => {
  test('a flipped bit anywhere in a table is found when opening', async () => {
    const dataDir = await filled()
    const table = largest(dataDir, /\.ldb$/)
    const { size } = statSync(table)
    for (const share of [0.001, 0.2, 0.5, 0.8, 0.97]) {
      const at = Math.floor(size * share)
      flipBit(table, at)
      await expect(openDocstore({ dataDir }), `byte ${at}`).rejects.toEqual(
        code('database_corrupt'),
      )
      flipBit(table, at)
    }
    await (await openDocstore({ dataDir })).close()
  })

  test('repair takes what is intact from a table with a flipped bit', async () => {
    const dataDir = await filled()
    const table = largest(dataDir, /\.ldb$/)
    flipBit(table, Math.floor(statSync(table).size / 2))
    const report = await expectRepaired(dataDir, count * 0.9)
    expect(report.damages).toMatchObject([{ what: expect.stringContaining('checksum') as string }])
    expect(report.salvaged).toBeGreaterThan(0)
    expect(readdirSync(join(dataDir, 'lost')).length).toBeGreaterThan(0)
  })

  test('a truncated table is told, and the rest saved', async () => {
    const dataDir = await filled()
    const table = largest(dataDir, /\.ldb$/)
    truncateSync(table, Math.floor(statSync(table).size / 2))
    await expect(openDocstore({ dataDir })).rejects.toThrow(
      /is damaged: its footer is missing.*repair\(dataDir\)/,
    )
    await expectRepaired(dataDir, 1)
  })

  test('a flipped bit in the log is told; without the check LevelDB would drop what follows', async () => {
    const dataDir = newFolder()
    const db = await openDocstore({ dataDir })
    await db.applySchemas([docs])
    for (let id = 0; id < 300; id++) await db.put('docs', { id, n: id, mail: `m${id}` })
    await db.close()
    const log = largest(dataDir, /\.log$/)
    flipBit(log, Math.floor(statSync(log).size / 2))
    await expect(openDocstore({ dataDir })).rejects.toEqual(code('database_corrupt'))
    await expectRepaired(dataDir, 50)
  })

  test('a missing table and a broken CURRENT are told', async () => {
    const dataDir = await filled()
    writeFileSync(join(dataDir, 'CURRENT'), 'MANIFEST-999999\n')
    await expect(openDocstore({ dataDir })).rejects.toEqual(code('database_corrupt'))
    await expectRepaired(dataDir, count)
  })

  test('a log whose last record is torn, as a crash leaves it, opens with all before it', async () => {
    const dataDir = newFolder()
    const db = await openDocstore({ dataDir })
    await db.applySchemas([docs])
    for (let id = 0; id < 10; id++) await db.put('docs', { id, mail: `m${id}` })
    await db.close()
    const log = largest(dataDir, /\.log$/)
    truncateSync(log, statSync(log).size - 5)
    const again = await openDocstore({ dataDir })
    expect(await again.count('docs')).toBe(10)
    await again.close()
  })
})

// defect d: compaction that forgets the order of writes, or drops a deletion while older files still have the key
test('what was deleted or replaced stays so through compactions and reopening', async () => {
  const dataDir = newFolder()
  const options = { dataDir, durability: 'none', writeBufferBytes: 64 << 10 } as const
  for (let round = 0; round < 3; round++) {
    const db = await openDocstore(options)
    await db.applySchemas([docs])
    for (let from = 0; from < 3000; from += 100)
      await db.putMany(
        'docs',
        Array.from({ length: 100 }, (_, at) => ({
          id: from + at,
          n: round,
          mail: `m${from + at}`,
          text: 'x'.repeat(100),
        })),
      )
    for (let id = 0; id < 3000; id += 3) await db.delete('docs', id)
    await db.close()
    await compact(dataDir)
    const again = await openDocstore(options)
    expect(await again.count('docs')).toBe(2000)
    expect(await again.query('docs').using('by_n').whereEq('n', round).count()).toBe(2000)
    expect((await again.check()).problems).toEqual([])
    await again.close()
  }
})

test('another process that has it open is named', async () => {
  const dataDir = newFolder()
  const program = `import('classic-level').then(async ({ ClassicLevel }) => { const l = new ClassicLevel(${JSON.stringify(dataDir)}); await l.open(); (await import('node:fs')).writeFileSync(${JSON.stringify(join(dataDir, 'HOLDER'))}, JSON.stringify({ pid: process.pid, host: (await import('node:os')).hostname(), since: 'now' })); console.log('open'); setInterval(() => 0, 1000) })`
  const holder = spawn(process.execPath, ['-e', program], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise((resolve) => holder.stdout.once('data', resolve))
  await expect(openDocstore({ dataDir })).rejects.toThrow(`is in use by process ${holder.pid} on `)
  holder.kill('SIGKILL')
  await new Promise((resolve) => holder.once('exit', resolve))
  await (await openDocstore({ dataDir })).close()
})

test('a full disk refuses what it cannot take, also what waits behind it, and loses nothing that was acknowledged', async () => {
  const engine = await openMemoryEngine()
  const close = engine.close.bind(engine)
  engine.close = async () => undefined
  const write = engine.write.bind(engine)
  const db = await openDocstore({ engine, sweepIntervalMs: 0 })
  await db.applySchemas([docs])
  await db.put('docs', { id: 1, mail: 'a' })
  engine.write = () => Promise.reject(new Error('IO error: 000012.log: No space left on device'))
  const results = await Promise.allSettled([db.put('docs', { id: 2 }), db.put('docs', { id: 3 })])
  expect(
    results.map(
      (result) => result.status === 'rejected' && (result.reason as { code: string }).code,
    ),
  ).toEqual(['database_full', 'database_full'])
  const other = await openDocstore({
    engine: {
      ...engine,
      answersAtOnce: false,
      get: async () => undefined,
      write: () => Promise.reject(new Error('IO error: broken')),
    },
  })
  await expect(other.applySchemas([docs])).rejects.toEqual(code('write_failed'))
  engine.write = write
  await expect(db.put('docs', { id: 4 })).rejects.toEqual(code('database_full'))
  expect(await db.get('docs', 1)).toBeDefined()
  await db.close()
  const again = await openDocstore({ engine, sweepIntervalMs: 0 })
  expect(await again.getAllKeys('docs')).toEqual([1])
  expect((await again.check()).problems).toEqual([])
  await again.close()
  await close()
})

test('bad options are told', async () => {
  for (const options of [
    { durability: 'maybe' },
    { dataDir: '' },
    { dataDir: 5 },
    { maxPendingBytes: 0 },
  ])
    await expect(openDocstore(options as never)).rejects.toEqual(code('invalid_option'))
  const db = await openDocstore()
  await db.close()
  await db.close()
  await expect(db.get('docs', 1)).rejects.toEqual(code('store_unknown'))
  await expect(db.applySchemas([docs])).rejects.toEqual(code('database_closed'))
})
