import { execFileSync, spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** The commit a checkout or a bare repository stands at. */
export function commitOf(path) {
  return git(path, ['rev-parse', 'HEAD']).toString().trim()
}

/** What is committed at `path`, laid out in a folder of `scratch` that an earlier run may have installed into. */
export function layOut(path, name, scratch) {
  const folder = join(scratch, `${name}-${commitOf(path).slice(0, 12)}`)
  mkdirSync(folder, { recursive: true })
  execFileSync('tar', ['x', '-C', folder], { input: git(path, ['archive', 'HEAD']) })
  return folder
}

function git(path, words) {
  const folder = resolve(path)
  if (!existsSync(folder)) throw new Error(`${path}: there is no such folder`)
  return execFileSync('git', ['-c', `safe.directory=${folder}`, '-C', folder, ...words], {
    maxBuffer: 1 << 29,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Runs a command with its output in the file `log`; resolves to the exit code, `null` when it took too long. */
export function runLogged(command, words, { cwd, env = {}, log, timeoutMs = 1_800_000 }) {
  const output = openSync(log, 'w')
  const child = spawn(command, words, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', output, output],
    detached: true,
  })
  const stop = () => killGroup(child)
  process.once('exit', stop)
  return new Promise((done, fail) => {
    const timer = setTimeout(stop, timeoutMs)
    child.once('error', (error) => {
      clearTimeout(timer)
      fail(error)
    })
    child.once('exit', (code) => {
      clearTimeout(timer)
      process.off('exit', stop)
      closeSync(output)
      done(code)
    })
  })
}

function killGroup({ pid }) {
  if (pid !== undefined) process.kill(-pid, 'SIGKILL')
}

/** Like `runLogged`, for what must succeed: installations and builds. */
export async function mustRun(command, words, options) {
  const code = await runLogged(command, words, options)
  if (code !== 0)
    throw new Error(
      `\`${command} ${words.join(' ')}\` ended with ${code}: ${lastLines(options.log)} (${options.log})`,
    )
}

function lastLines(log) {
  return readFileSync(log, 'utf8').trim().split('\n').slice(-3).join(' | ').slice(-300)
}
