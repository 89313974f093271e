/** The thread that parses: sources in, symbols and references out. Ended from outside when it takes too long. */
import { parentPort } from 'node:worker_threads'
import { Language, Parser, Query } from 'web-tree-sitter'
import { extract } from './extract.ts'

export interface ParseRequest {
  readonly language: string
  /** The path of its grammar. */
  readonly grammar: string
  readonly query: string
  readonly text: string
}

interface Loaded {
  readonly parser: Parser
  readonly query: Query
}

// of the language, and not of its types: those come with the types of browsers
const { Memory } = (globalThis as unknown as { WebAssembly: { Memory: MemoryConstructor } })
  .WebAssembly
interface MemoryConstructor {
  new (pages: { initial: number; maximum: number }): { readonly buffer: ArrayBuffer }
}

// the memory of the trees has an end: 384 MB, in pages of 64 KiB; what needs more ends in an error
const memory = new Memory({ initial: 512, maximum: 6_144 })
await Parser.init({ wasmMemory: memory })
const loaded = new Map<string, Loaded>()

/** Who waits is told when it is done: no text is to blame for the time it takes. */
async function load({ language: name, grammar, query }: ParseRequest): Promise<Loaded> {
  const language = await Language.load(grammar)
  const parser = new Parser()
  parser.setLanguage(language)
  const all = { parser, query: new Query(language, query) }
  loaded.set(name, all)
  parentPort?.postMessage({ begins: true })
  return all
}

parentPort?.on('message', (request: ParseRequest) => {
  parse(request).then(
    (parsed) => {
      const reply = { parsed, memoryBytes: memory.buffer.byteLength }
      // all columns are in one
      const buffers = parsed.references.columns.slice(0, 1).map(({ buffer }) => buffer)
      parentPort?.postMessage(reply, buffers)
    },
    (error: unknown) => parentPort?.postMessage({ failed: String(error) }),
  )
})

async function parse(request: ParseRequest) {
  const { parser, query } = loaded.get(request.language) ?? (await load(request))
  const tree = parser.parse(request.text)
  if (tree === null) throw new Error('nothing was parsed')
  try {
    return extract(request.language, request.text, query.matches(tree.rootNode))
  } finally {
    tree.delete()
  }
}
