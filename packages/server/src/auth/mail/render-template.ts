/** The part of Go's templates that mails use: `{{ .Name }}`, `{{ .Data.key }}`, `{{ if }} … {{ else }} … {{ end }}`. */

export type Variables = Readonly<Record<string, unknown>>

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly path: readonly string[] }
  | {
      readonly kind: 'if'
      readonly path: readonly string[]
      readonly negated: boolean
      readonly holds: readonly Part[]
      readonly otherwise: readonly Part[]
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
  return render(parse(template), variables, escape)
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

interface Branch {
  readonly path: readonly string[]
  readonly negated: boolean
  readonly holds: Part[]
  readonly otherwise: Part[]
  inElse: boolean
}

function parse(template: string): readonly Part[] {
  const root: Part[] = []
  const open: Branch[] = []
  const current = (): Part[] => {
    const branch = open.at(-1)
    if (branch === undefined) return root
    return branch.inElse ? branch.otherwise : branch.holds
  }
  for (const { text, isAction } of tokenise(template)) {
    if (!isAction) current().push({ kind: 'text', text })
    else if (text.startsWith('/*')) continue
    else if (text === 'end') close(open, current)
    else if (text === 'else') (open.at(-1) ?? fail('else without if')).inElse = true
    else if (/^if\s/.test(text)) open.push(readCondition(text))
    else current().push({ kind: 'value', path: readPath(text) })
  }
  if (open.length > 0) fail('if without end')
  return root
}

function close(open: Branch[], current: () => Part[]): void {
  const branch = open.pop() ?? fail('end without if')
  const { path, negated, holds, otherwise } = branch
  current().push({ kind: 'if', path, negated, holds, otherwise })
}

function readCondition(text: string): Branch {
  const condition = text.replace(/^if\s+/, '')
  const negated = condition.startsWith('not ')
  const path = readPath(condition.replace(/^not\s+/, ''))
  return { path, negated, holds: [], otherwise: [], inElse: false }
}

function readPath(text: string): readonly string[] {
  if (!/^(\.\w+)+$/.test(text)) fail(`{{ ${text} }} is not understood`)
  return text.slice(1).split('.')
}

function fail(message: string): never {
  throw new Error(message)
}

function render(
  parts: readonly Part[],
  variables: Variables,
  escape: (text: string) => string,
): string {
  return parts
    .map((part) => {
      if (part.kind === 'text') return part.text
      const value = find(variables, part.path)
      if (part.kind === 'value') return escape(print(value))
      const holds = isTrue(value) !== part.negated
      return render(holds ? part.holds : part.otherwise, variables, escape)
    })
    .join('')
}

function find(variables: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? (value as Record<string, unknown>)[name]
        : undefined,
    variables,
  )
}

function print(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** As in Go: empty texts, lists and objects, 0 and false are not. */
function isTrue(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return Boolean(value)
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
