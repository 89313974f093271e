/** The part of Go's templates that mails use: values, `{{ if }} … {{ else if }} … {{ else }} … {{ end }}`, `{{ with }}`, `{{ range }}`. */
import { isTrue, parseExpression, print } from './template-expression.ts'
import type { Expression, Scope } from './template-expression.ts'

export type Variables = Readonly<Record<string, unknown>>

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly value: Expression }
  | Block

interface Block {
  readonly kind: 'if' | 'with' | 'range'
  readonly value: Expression
  readonly holds: Part[]
  readonly otherwise: Part[]
}

/**
 * `renderTemplate('Hi {{ .Data.name }}', { Data: { name: '<Ann>' } }, escapeHtml)` → `Hi &lt;Ann&gt;`
 * @throws Error that says what of the template is not understood
 */
export function renderTemplate(
  template: string,
  variables: Variables,
  escape: (text: string) => string,
): string {
  return render(parse(template), { dot: variables, root: variables }, escape)
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
}

export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character)
}

const action = /\{\{(-?)\s*(.*?)\s*(-?)\}\}/gs

/** Text and actions in turn; `{{-` and `-}}` eat the white space beside them. */
function tokenise(template: string): { readonly text: string; readonly isAction: boolean }[] {
  const tokens: { text: string; isAction: boolean }[] = []
  let from = 0
  let trims = false
  for (const match of template.matchAll(action)) {
    const between = template.slice(from, match.index)
    tokens.push({ text: trim(between, trims, match[1] === '-'), isAction: false })
    tokens.push({ text: match[2] ?? '', isAction: true })
    from = match.index + match[0].length
    trims = match[3] === '-'
  }
  tokens.push({ text: trim(template.slice(from), trims, false), isAction: false })
  return tokens
}

function trim(text: string, start: boolean, end: boolean): string {
  const begun = start ? text.trimStart() : text
  return end ? begun.trimEnd() : begun
}

interface Open {
  readonly block: Block
  /** Where what follows belongs. */
  target: Part[]
  /** An `else if` is closed by the same `end` as its `if`. */
  readonly closesOuter: boolean
}

function parse(template: string): readonly Part[] {
  const root: Part[] = []
  const open: Open[] = []
  const target = (): Part[] => open.at(-1)?.target ?? root
  const begin = (text: string, closesOuter: boolean): void => {
    const block = readBlock(text)
    target().push(block)
    open.push({ block, target: block.holds, closesOuter })
  }
  for (const { text, isAction } of tokenise(template)) {
    if (!isAction) target().push({ kind: 'text', text })
    else if (text.startsWith('/*')) continue
    else if (text === 'end') while ((open.pop() ?? fail('end without if')).closesOuter);
    else if (/^else\b/.test(text)) {
      const last = open.at(-1) ?? fail('else without if')
      last.target = last.block.otherwise
      const condition = text.slice('else'.length).trim()
      if (condition !== '') begin(condition, true)
    } else if (/^(if|with|range)\s/.test(text)) begin(text, false)
    else target().push({ kind: 'value', value: parseExpression(text) })
  }
  if (open.length > 0) fail('if without end')
  return root
}

function readBlock(text: string): Block {
  const [kind = ''] = text.split(/\s/, 1)
  if (kind !== 'if' && kind !== 'with' && kind !== 'range') fail(`{{ ${text} }} is not understood`)
  const value = parseExpression(text.slice(kind.length))
  return { kind: kind as Block['kind'], value, holds: [], otherwise: [] }
}

function fail(message: string): never {
  throw new Error(message)
}

function render(parts: readonly Part[], scope: Scope, escape: (text: string) => string): string {
  return parts
    .map((part) => {
      if (part.kind === 'text') return part.text
      const value = part.value(scope)
      return part.kind === 'value' ? escape(print(value)) : renderBlock(part, value, scope, escape)
    })
    .join('')
}

function renderBlock(
  { kind, holds, otherwise }: Block,
  value: unknown,
  scope: Scope,
  escape: (text: string) => string,
): string {
  if (!isTrue(value)) return render(otherwise, scope, escape)
  if (kind === 'if') return render(holds, scope, escape)
  const items = kind === 'with' ? [value] : Object.values(value as object)
  return items.map((dot) => render(holds, { ...scope, dot }, escape)).join('')
}

/** What a mail says to readers without HTML: links in brackets behind their words. */
export function toPlainText(html: string): string {
  return html
    .replaceAll(/<(style|script|head)[\s\S]*?<\/\1>/gi, '')
    .replaceAll(/<a\s[^>]*href="([^"]*)"[^>]*>([\s\S]*?)<\/a>/gi, '$2 ( $1 )')
    .replaceAll(/<\/(p|h\d|div|li|tr)>|<br\s*\/?>/gi, '\n\n')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll(/&quot;|&#34;/g, '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()
}
