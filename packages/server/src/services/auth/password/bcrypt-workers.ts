/**
 * bcrypt off the event loop: what imported users' hashes are is computed in JavaScript, 50–400 ms a comparison, so it
 * runs in threads of its own. They are started with the first such user and end when none came for a while.
 */
import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'

export interface BcryptWorkers {
  /** False for a wrong password, a damaged hash, and one so dear that it takes longer than a request may. */
  compare(password: string, hash: string): Promise<boolean>
  close(): Promise<void>
}

/** No TypeScript and no file of its own: threads are started from the sources in tests, and from dist elsewhere. */
const program = `
const { parentPort, workerData } = require('node:worker_threads')
const { compareSync } = require(workerData)
parentPort.on('message', ({ password, hash }) => {
  let matches = false
  try { matches = compareSync(password, hash) } catch {}
  parentPort.postMessage(matches)
})`

const giveUpMs = 10_000
const idleMs = 10_000

/** How many threads there are at once is the caller's: each comparison under way has one. */
export function createBcryptWorkers(): BcryptWorkers {
  const idle = new Map<Worker, NodeJS.Timeout>()
  const all = new Set<Worker>()

  function open(): Worker {
    const workerData = createRequire(import.meta.url).resolve('bcryptjs')
    const worker = new Worker(program, { eval: true, workerData, env: {}, execArgv: [] })
    all.add(worker)
    worker.once('exit', () => all.delete(worker))
    worker.unref()
    return worker
  }

  function take(): Worker {
    for (const [worker, timer] of idle) {
      clearTimeout(timer)
      idle.delete(worker)
      return worker
    }
    return open()
  }

  function putBack(worker: Worker): void {
    const end = (): void => {
      idle.delete(worker)
      void worker.terminate()
    }
    idle.set(worker, setTimeout(end, idleMs).unref())
  }

  return {
    compare: async (password, hash) => {
      const worker = take()
      const matches = await ask(worker, { password, hash })
      if (matches === null) void worker.terminate()
      else putBack(worker)
      return matches === true
    },
    close: async () => {
      for (const timer of idle.values()) clearTimeout(timer)
      idle.clear()
      await Promise.all(Array.from(all, (worker) => worker.terminate()))
    },
  }
}

/** Null when the thread is of no use any more. */
function ask(worker: Worker, task: { password: string; hash: string }): Promise<boolean | null> {
  return new Promise((resolve) => {
    const done = (answer: boolean | null): void => {
      clearTimeout(timer)
      worker.removeAllListeners('message')
      worker.removeAllListeners('error')
      worker.off('exit', onExit)
      // a failing thread must not end the process
      worker.on('error', () => {})
      resolve(answer)
    }
    const onExit = (): void => done(null)
    const timer = setTimeout(() => done(null), giveUpMs)
    worker.on('message', (matches: unknown) => done(matches === true))
    worker.on('error', () => done(null))
    worker.on('exit', onExit)
    worker.postMessage(task)
  })
}
