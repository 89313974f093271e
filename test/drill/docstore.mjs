/**
 * `npm run drill:docstore [-- rounds]`: kill -9 of a process that writes, again and again (1,000). After each kill the
 * files must pass their checks, no acknowledged durable write may be missing, no half transaction may be there, and
 * documents and indexes must agree. Then, where it may mount one, a disk that fills up. Exits 1 at the first failure.
 */
import { execFileSync, fork } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDocstore } from '../../packages/docstore/dist/index.js'
import { schemas } from './docstore-writer.mjs'

const rounds = Number(process.argv[2] ?? 1000)
const folder = mkdtempSync(join(tmpdir(), 'docstore-drill-'))
try {
  await killAgainAndAgain()
  await fillDisk()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function killAgainAndAgain() {
  const dataDir = join(folder, 'data')
  let acknowledged = 0
  let killedWhileWriting = 0
  let from = 1
  for (let round = 1; round <= rounds; round++) {
    const { acks, wrote } = await writeUntilKilled(dataDir, from, 5 + Math.random() * 120)
    const db = await openDocstore({ dataDir })
    await db.applySchemas(schemas)
    const problems = [
      ...(await db.check()).problems,
      ...(await missing(db, acks)),
      ...(await halves(db)),
    ]
    acknowledged += acks.length
    if (wrote) killedWhileWriting++
    if (problems.length > 0) {
      console.log(`round ${round}: ${problems.slice(0, 10).join('; ')}`)
      process.exitCode = 1
    }
    const keys = await db.getAllKeys('orders', undefined, { direction: 'prev', limit: 1 })
    from = (keys[0] ?? 0) + 1
    // keeps a round short: what was checked goes
    if (round % 20 === 0) for (const store of ['orders', 'lines', 'audit']) await db.clear(store)
    await db.close()
    if (process.exitCode === 1) return
    if (round % 100 === 0)
      console.log(
        `${round} kills (${killedWhileWriting} while writing): ${acknowledged} acknowledged writes, none lost, no half transaction, indexes agree`,
      )
  }
}

function writeUntilKilled(dataDir, from, afterMs) {
  return new Promise((resolve) => {
    const acks = []
    let wrote = false
    const child = fork(join(import.meta.dirname, 'docstore-writer.mjs'), [dataDir, String(from)], {
      silent: true,
    })
    child.stderr.pipe(process.stderr)
    child.on('message', ({ ready, ack }) => {
      if (ready) setTimeout(() => child.kill('SIGKILL'), afterMs)
      if (ack !== undefined) {
        acks.push(ack)
        wrote = true
      }
    })
    child.on('exit', () => resolve({ acks, wrote }))
  })
}

/** What was acknowledged must be there as it was, or newer. */
async function missing(db, acks) {
  const problems = []
  for (const { id, version } of acks) {
    const order = await db.get('orders', id)
    if (order === undefined) problems.push(`order ${id} was acknowledged and is lost`)
    else if (order.version < version)
      problems.push(`order ${id} was acknowledged at version ${version} and has ${order.version}`)
  }
  return problems
}

/** An order and its three lines are written together. */
async function halves(db) {
  const problems = []
  for await (const { id, version } of db.scan('orders')) {
    const lines = await db.getByIndex('lines', 'by_order', id)
    if (lines.length !== 3 || lines.some((line) => line.version !== version))
      problems.push(
        `order ${id} at version ${version} has lines ${JSON.stringify(lines.map((line) => line.version))}`,
      )
  }
  return problems
}

/** A file system of 12 MB: the write that does not fit is refused, all before it stay. */
async function fillDisk() {
  const disk = join(folder, 'disk')
  mkdirSync(disk)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', disk], { stdio: 'ignore' })
  } catch {
    console.log('disk full: not tried, a file system cannot be mounted here')
    return
  }
  try {
    const dataDir = join(disk, 'data')
    const db = await openDocstore({ dataDir, writeBufferBytes: 1 << 20 })
    await db.applySchemas(schemas)
    let written = 0
    let code
    while (code === undefined)
      await db
        .put('orders', {
          id: written + 1,
          version: 1,
          mail: `m${written + 1}`,
          text: Array.from({ length: 200 }, () => Math.random().toString(36)).join(''),
        })
        .then(
          () => written++,
          (error) => (code = error.code),
        )
    await db.close().catch(() => undefined)
    execFileSync('mount', ['-o', 'remount,size=64m', disk])
    const again = await openDocstore({ dataDir })
    await again.applySchemas(schemas)
    const { problems, documents } = await again.check()
    const lost = written - (await again.count('orders', { lte: written }))
    console.log(
      `disk full: ${written} written, then ${String(code)}; with more space ${documents} are there, ${lost} lost, ${problems.length} problems`,
    )
    if (lost > 0 || problems.length > 0 || code !== 'database_full') process.exitCode = 1
    await again.close()
  } finally {
    execFileSync('umount', [disk])
  }
}
