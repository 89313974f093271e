/** An expression as Postgres prints it, split where it says AND, OR and NOT. */

export interface ExpressionTree {
  readonly op: 'and' | 'or' | 'not' | 'leaf'
  /** SQL, without brackets around it where they add nothing. */
  readonly expression: string
  readonly children: readonly ExpressionTree[]
}

/** More are not split: the rest is a leaf. */
const maxDepth = 50

/** `splitExpression('((a = 1) AND (NOT b))')` → and [leaf `a = 1`, not [leaf `b`]] */
export function splitExpression(text: string, depth = 0): ExpressionTree {
  const expression = withoutBrackets(text.trim())
  if (depth < maxDepth) {
    const tokens = tokensOf(expression)
    for (const op of ['or', 'and'] as const) {
      const parts = splitAt(expression, tokens, op)
      if (parts.length > 1)
        return { op, expression, children: parts.map((part) => splitExpression(part, depth + 1)) }
    }
    const [first] = tokens
    if (first?.word === 'not' && first.at === 0)
      return {
        op: 'not',
        expression,
        children: [splitExpression(expression.slice(first.word.length), depth + 1)],
      }
  }
  return { op: 'leaf', expression, children: [] }
}

interface Token {
  /** In lower case; a bracket is itself. */
  readonly word: string
  readonly at: number
  /** Brackets, CASE … END around it. */
  readonly depth: number
}

/** Strings, quoted names, words and brackets; all else says nothing here. */
const lexeme =
  /(?<quoted>[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*")|(?<word>[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)|(?<bracket>[()[\]])/gs

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  let depth = 0
  for (const { groups, index } of text.matchAll(lexeme)) {
    const word = (groups?.['word'] ?? groups?.['bracket'])?.toLowerCase()
    if (word === undefined) continue
    const isClosing = word === ')' || word === ']' || (word === 'end' && isWord(text, index))
    if (isClosing) depth--
    tokens.push({ word, at: index, depth })
    if (word === '(' || word === '[' || (word === 'case' && isWord(text, index))) depth++
  }
  return tokens
}

/** `t.end` is a column. */
const isWord = (text: string, at: number): boolean => text[at - 1] !== '.'

function splitAt(text: string, tokens: readonly Token[], op: 'and' | 'or'): string[] {
  const parts: string[] = []
  let from = 0
  let betweens = 0
  for (const { word, at, depth } of tokens) {
    if (depth !== 0 || !isWord(text, at)) continue
    if (word === 'between') betweens++
    if (word !== op) continue
    if (op === 'and' && betweens > 0) {
      betweens--
      continue
    }
    parts.push(text.slice(from, at))
    from = at + op.length
  }
  parts.push(text.slice(from))
  return parts.some((part) => part.trim() === '') ? [text] : parts
}

/** Not those of a subquery or a row. */
function withoutBrackets(text: string): string {
  let inner = text
  for (let stripped = 0; stripped < maxDepth && inner.startsWith('('); stripped++) {
    const closing = tokensOf(inner).find(({ word, depth }) => word === ')' && depth === 0)
    if (closing?.at !== inner.length - 1) return inner
    const content = inner.slice(1, -1).trim()
    if (/^(select|with|values|table)\b/i.test(content) || hasComma(content)) return inner
    inner = content
  }
  return inner
}

function hasComma(text: string): boolean {
  let depth = 0
  for (const [found] of text.matchAll(
    /[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|[(),[\]]/gs,
  )) {
    if (found === '(' || found === '[') depth++
    else if (found === ')' || found === ']') depth--
    else if (found === ',' && depth === 0) return true
  }
  return false
}

/** All parts, the whole first. */
export function nodesOf(tree: ExpressionTree): ExpressionTree[] {
  return [tree, ...tree.children.flatMap(nodesOf)]
}

export interface ValuedTree {
  readonly op: ExpressionTree['op']
  readonly expression: string
  readonly value: boolean | null
  /** What Postgres said where it has none. */
  readonly error: string | null
  readonly children: readonly ValuedTree[]
}

/** The deepest part that keeps the whole from being true. */
export function culpritOf(tree: ValuedTree): ValuedTree {
  if (tree.op !== 'and') return tree
  const child = tree.children.find(({ value }) => value !== true)
  return child === undefined ? tree : culpritOf(child)
}
