/** Threads that parse; one that takes too long, or too much memory, is ended and another takes its place. */
import { Worker } from 'node:worker_threads'
import { findGrammar } from './languages.ts'
import type { Language } from './languages.ts'
import type { Parsed } from './extract.ts'
import type { ParseRequest } from './parser-thread.ts'

export interface SourceParser {
  /** Null where the grammar is not installed. @throws ParseError */
  parse(language: Language, text: string): Promise<Parsed | null>
  /** There will be something to parse: threads begin, where none has. */
  prepare(): void
  close(): Promise<void>
}

export class ParseError extends Error {
  override readonly name = 'ParseError'
}

interface Job {
  readonly request: ParseRequest
  resolve(parsed: Parsed): void
  reject(error: Error): void
}

type Reply =
  /** The grammar is there. */
  | { readonly begins: true }
  | { readonly parsed: Parsed; readonly memoryBytes: number }
  | { readonly failed: string }

// tests run the sources, a thread what was built of them
const program = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/parse/parser-thread.js' : './parser-thread.js',
  import.meta.url,
)
/** Memory of trees is never given back: a thread that has had this much makes room for a new one. */
const retireBytes = 134_217_728
/** For a thread to begin, and a grammar to be compiled, on a machine that has much else to do. */
const loadMs = 30_000

export function openParser(threads: number, timeoutMs: number): SourceParser {
  const pool = new ParserPool(threads, timeoutMs)
  const grammars = new Map<string, string | null>()
  return {
    parse: async (language, text) => {
      const known = grammars.get(language.name)
      const grammar = known === undefined ? findGrammar(language) : known
      grammars.set(language.name, grammar)
      if (grammar === null) return null
      return pool.run({ language: language.name, grammar, query: language.query, text })
    },
    prepare: () => pool.prepare(),
    close: () => pool.close(),
  }
}

const ignore = (): void => {}
const closed = 'the worker ends'

class ParserPool {
  readonly #timeoutMs: number
  readonly #waiting: Job[] = []
  readonly #idle: Worker[] = []
  /** Each with the languages it has the grammar of. */
  readonly #workers = new Map<Worker, Set<string>>()
  readonly #max: number
  #isClosed = false

  constructor(max: number, timeoutMs: number) {
    this.#max = max
    this.#timeoutMs = timeoutMs
  }

  async run(request: ParseRequest): Promise<Parsed> {
    if (this.#isClosed) throw new ParseError(closed)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject })
      this.#next()
    })
  }

  #next(): void {
    if (this.#isClosed || this.#waiting.length === 0) return
    const worker = this.#idle.pop() ?? (this.#workers.size < this.#max ? this.#start() : null)
    if (worker === null) return
    const job = this.#waiting.shift()
    if (job !== undefined) this.#give(worker, job)
  }

  prepare(): void {
    if (this.#isClosed) return
    while (this.#workers.size < this.#max) this.#idle.push(this.#start())
  }

  #start(): Worker {
    const worker = new Worker(program, {
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 256, stackSizeMb: 4 },
    })
    this.#workers.set(worker, new Set())
    worker.unref()
    // nobody waits for one that ends before it is given anything
    worker.on('error', ignore).once('exit', () => this.#forget(worker))
    return worker
  }

  #give(worker: Worker, job: Job): void {
    const finish = (error: string | null, reply?: Reply): void => {
      clearTimeout(timer)
      worker.off('message', onMessage).off('error', onError).off('exit', onExit)
      // one that is ended may say so, and nobody has to hear it
      worker.on('error', ignore)
      if (reply !== undefined && 'parsed' in reply) job.resolve(reply.parsed)
      else job.reject(new ParseError(error ?? 'the parser failed'))
      const isSound = reply !== undefined && 'parsed' in reply && reply.memoryBytes < retireBytes
      if (isSound && !this.#isClosed) this.#idle.push(worker)
      else this.#end(worker)
      this.#next()
    }
    const onMessage = (reply: Reply): void => {
      if (!('begins' in reply))
        return finish('failed' in reply ? reply.failed.slice(0, 200) : null, reply)
      clearTimeout(timer)
      timer = setTimeout(onTime, this.#timeoutMs)
    }
    const onError = (error: Error): void =>
      finish(`the parser failed: ${error.message}`.slice(0, 200))
    const onExit = (): void => finish('the parser ended')
    const onTime = (): void => finish(`parsing took longer than ${this.#timeoutMs} ms`)
    const known = this.#workers.get(worker)
    const isLoaded = known?.has(job.request.language) === true
    known?.add(job.request.language)
    let timer = setTimeout(onTime, this.#timeoutMs + (isLoaded ? 0 : loadMs))
    worker.off('error', ignore).on('message', onMessage).on('error', onError).on('exit', onExit)
    worker.postMessage(job.request)
  }

  #end(worker: Worker): void {
    this.#forget(worker)
    void worker.terminate()
  }

  #forget(worker: Worker): void {
    this.#workers.delete(worker)
    const at = this.#idle.indexOf(worker)
    if (at >= 0) this.#idle.splice(at, 1)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const job of this.#waiting.splice(0)) job.reject(new ParseError(closed))
    await Promise.all([...this.#workers.keys()].map((worker) => worker.terminate()))
  }
}
