/** Postgres's own parser (libpg-query, WebAssembly) in a process of its own: its 30 MB and more go with it, which a thread's did not. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { Node } from 'libpg-query'

/** Files follow each other: the process is there for all that come within this time. */
const idleMs = 1_000

/** Answers each list of texts with a list: the parse trees of a text, or null for what is no SQL that the parser knows. */
const program = `
const { parse } = await import(process.argv[1])
process.on('message', async (texts) => {
  const trees = []
  for (const text of texts) trees.push(await parse(text).then((tree) => tree, () => null))
  process.send(trees)
})
process.send('ready')
`

interface ParseTree {
  readonly stmts?: readonly { readonly stmt?: Node }[]
}

let running: Promise<ChildProcess> | null = null
let ending: NodeJS.Timeout | null = null
let asking: Promise<unknown> = Promise.resolve()

/** One list after the other. */
export function parseTexts(texts: readonly string[]): Promise<readonly (ParseTree | null)[]> {
  const asked = asking.then(() => ask(texts))
  asking = asked.catch(() => {})
  return asked
}

async function ask(texts: readonly string[]): Promise<readonly (ParseTree | null)[]> {
  if (ending !== null) clearTimeout(ending)
  running ??= start()
  const child = await running
  const trees = await answerOf(child, () => child.send(texts))
  ending = setTimeout(stop, idleMs)
  ending.unref()
  return trees as readonly (ParseTree | null)[]
}

async function start(): Promise<ChildProcess> {
  const library = pathToFileURL(createRequire(import.meta.url).resolve('libpg-query')).href
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, library], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {},
  })
  child.unref()
  child.once('exit', () => (running = null))
  await answerOf(child, () => {})
  return child
}

/** The next message. It holds this process, as long as somebody waits for it. */
function answerOf(child: ChildProcess, say: () => void): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const failed = (reason: unknown): void => {
      running = null
      const why = reason instanceof Error ? reason.message : `it ended with ${String(reason)}`
      reject(new Error(`the SQL parser could not be asked: ${why}`))
    }
    child.channel?.ref()
    child.once('exit', failed).once('error', failed)
    child.once('message', (answer) => {
      child.off('exit', failed).off('error', failed)
      child.channel?.unref()
      resolve(answer)
    })
    say()
  })
}

function stop(): void {
  void running?.then((child) => child.kill())
  running = null
}
