/** The thread a module runs in: a fresh instance for each call, the request on stdin, the answer on stdout. */
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { WasmModule } from './web-assembly.ts'

export interface ThreadCall {
  readonly stdin: Uint8Array
  readonly variables: readonly string[]
}

export type ThreadAnswer =
  | {
      readonly kind: 'done'
      readonly stdout: Uint8Array
      readonly stderr: string
      readonly code: number
    }
  | { readonly kind: 'trap'; readonly message: string; readonly stderr: string }
  | { readonly kind: 'limit'; readonly message: string; readonly stderr: string }

export const maxStdoutBytes = 16 * 1024 * 1024
const maxStderrBytes = 64 * 1024
/** Of JavaScript in the thread: what it runs is WASM, whose memory is bounded by itself. */
const heapMb = 64

/** In the thread; nothing of ours is in its scope. */
const program = `
const { parentPort, workerData } = require('node:worker_threads')
const { module, shim, maxStdoutBytes, maxStderrBytes } = workerData
const library = import(shim)
class Full extends Error {}
parentPort.on('message', async ({ stdin, variables }) => {
  const { WASI, Fd, File, OpenFile, wasi: codes } = await library
  class Sink extends Fd {
    chunks = []
    length = 0
    constructor(limit, isFatal) { super(); this.limit = limit; this.isFatal = isFatal }
    fd_filestat_get() { return { ret: 0, filestat: new codes.Filestat(0n, codes.FILETYPE_CHARACTER_DEVICE, 0n) } }
    fd_fdstat_get() { const fdstat = new codes.Fdstat(codes.FILETYPE_CHARACTER_DEVICE, 0); fdstat.fs_rights_base = BigInt(codes.RIGHTS_FD_WRITE); return { ret: 0, fdstat } }
    fd_write(data) {
      if (this.length + data.length > this.limit) {
        if (this.isFatal) throw new Full('stdout: ' + this.limit + ' bytes may be written')
        return { ret: 0, nwritten: data.length }
      }
      this.chunks.push(data.slice())
      this.length += data.length
      return { ret: 0, nwritten: data.length }
    }
    bytes() { return Buffer.concat(this.chunks) }
  }
  const stdout = new Sink(maxStdoutBytes, true)
  const stderr = new Sink(maxStderrBytes, false)
  const wasi = new WASI(['function'], variables, [new OpenFile(new File(stdin)), stdout, stderr], { debug: false })
  const said = () => stderr.bytes().toString('utf8')
  try {
    const instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: wasi.wasiImport })
    const code = wasi.start(instance)
    parentPort.postMessage({ kind: 'done', stdout: stdout.bytes(), stderr: said(), code })
  } catch (error) {
    const kind = error instanceof Full ? 'limit' : 'trap'
    parentPort.postMessage({ kind, message: kind === 'limit' ? error.message : String(error && error.stack || error), stderr: said() })
  }
})
`

export function startThread(module: WasmModule): Worker {
  const shim = pathToFileURL(
    createRequire(import.meta.url).resolve('@bjorn3/browser_wasi_shim'),
  ).href
  const worker = new Worker(program, {
    eval: true,
    workerData: { module, shim, maxStdoutBytes, maxStderrBytes },
    env: {},
    execArgv: [],
    stdin: false,
    resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 16 },
  })
  worker.unref()
  return worker
}
