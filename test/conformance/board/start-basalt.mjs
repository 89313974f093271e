import { spawn } from 'node:child_process'
import { createWriteStream, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'

const program = resolve(import.meta.dirname, '../../../packages/cli/bin/basalt.mjs')
const startMs = 120_000

/** Starts Basalt on the project in `workdir` with an empty database, as `supabase start` does after `stop --no-backup`. */
export async function startBasalt(workdir, { words = [], env = {}, log, port = 54_321 }) {
  await mustBeFree(port)
  rmSync(join(workdir, 'supabase/.temp'), { recursive: true, force: true })
  const child = spawn(process.execPath, [program, '--workdir', workdir, 'start', ...words], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const file = createWriteStream(log)
  let said = ''
  const kill = () => child.kill('SIGTERM')
  process.once('exit', kill)
  const ended = new Promise((done) => child.once('exit', done))
  const ready = new Promise((done) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.pipe(file, { end: false })
      stream.on('data', (chunk) => {
        said = (said + chunk).slice(-2000)
        if (said.includes('Ready in')) done(true)
      })
    }
  })
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
    process.off('exit', kill)
    file.end()
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), startMs)
  const isReady = await Promise.race([ready, ended.then(() => false)])
  clearTimeout(timer)
  if (!isReady) throw new Error(`Basalt did not start: ${said.trim().split('\n').at(-1)} (${log})`)
  return { stop }
}

function mustBeFree(port) {
  return new Promise((done, fail) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', () => done())
    socket.once('connect', () => {
      socket.destroy()
      fail(new Error(`port ${port}, which the suite asks for, is in use: stop what listens there`))
    })
  })
}
