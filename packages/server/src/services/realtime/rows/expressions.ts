/** Expressions of policies as parse trees, kept for all who decide by them. */
import type { Node } from 'libpg-query'
import type { Log } from '#base/kernel'

/** `select` of an expression → its parse tree, null where there is none. Rejects when the parser cannot be had. */
export type ParseStatements = (texts: readonly string[]) => Promise<readonly (Node | null)[]>

const mostExpressions = 1_000
/** Longer ones are not worth it. */
const mostLength = 10_000

export class Expressions {
  readonly #parse: ParseStatements
  readonly #log: Log
  readonly #trees = new Map<string, Node | null>()

  constructor(parse: ParseStatements, log: Log) {
    this.#parse = parse
    this.#log = log
  }

  /** Null where Postgres has to be asked. */
  get(text: string): Node | null {
    return this.#trees.get(text) ?? null
  }

  /** The first one costs 0.15 s: the parser is a process that ends when it is not needed. */
  async learn(texts: readonly string[]): Promise<void> {
    const wanted = texts.filter((text) => text.length <= mostLength && !this.#trees.has(text))
    const fresh = [...new Set(wanted)]
    if (fresh.length === 0) return
    if (this.#trees.size + fresh.length > mostExpressions) this.#trees.clear()
    try {
      const trees = await this.#parse(fresh.map((text) => `select ${text}`))
      fresh.forEach((text, i) => this.#trees.set(text, expressionOf(trees[i] ?? null)))
    } catch (error) {
      // asked of Postgres, until the facts change
      this.#log.warn('policies could not be parsed: Postgres is asked for each change', {
        error: String(error),
      })
    }
  }
}

function expressionOf(statement: Node | null): Node | null {
  if (statement === null || !('SelectStmt' in statement)) return null
  const [target] = statement.SelectStmt.targetList ?? []
  return target !== undefined && 'ResTarget' in target ? (target.ResTarget.val ?? null) : null
}
