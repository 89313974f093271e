/** Policies as SQL. */
import { ident, qualified } from '#studio/catalog'
import type { PolicyInfo } from '#studio/catalog'

export interface PolicyDraft {
  readonly name: string
  readonly permissive: boolean
  readonly command: PolicyInfo['command']
  readonly roles: readonly string[]
  readonly using: string
  readonly check: string
}

interface Table {
  readonly schema: string
  readonly name: string
}

export const hasUsing = (command: PolicyDraft['command']): boolean => command !== 'INSERT'
export const hasCheck = (command: PolicyDraft['command']): boolean =>
  command !== 'SELECT' && command !== 'DELETE'

export const draftOf = (policy: PolicyInfo): PolicyDraft => ({
  ...policy,
  using: policy.using ?? '',
  check: policy.check ?? '',
})

export const newPolicy: PolicyDraft = {
  name: '',
  permissive: true,
  command: 'ALL',
  roles: ['authenticated'],
  using: '',
  check: '',
}

const rolesOf = (roles: readonly string[]): string =>
  roles.length === 0
    ? 'public'
    : roles.map((role) => (role === 'public' ? role : ident(role))).join(', ')

/** `using (…)` once, whether or not it was typed with its parentheses. */
const clause = (word: string, expression: string): string =>
  `\n  ${word} (${withoutParentheses(expression.trim())})`

/** `(a) or (b)` keeps them. */
function withoutParentheses(text: string): string {
  if (!text.startsWith('(') || !text.endsWith(')')) return text
  let depth = 0
  for (let at = 0; at < text.length - 1; at++) {
    if (text[at] === "'" || text[at] === '"') return text
    if (text[at] === '(') depth++
    if (text[at] === ')') depth--
    if (depth === 0) return text
  }
  return text.slice(1, -1)
}

const clausesOf = ({ command, using, check }: PolicyDraft): string =>
  (hasUsing(command) && using.trim() !== '' ? clause('using', using) : '') +
  (hasCheck(command) && check.trim() !== '' ? clause('with check', check) : '')

export function createSql(table: Table, policy: PolicyDraft): string {
  const kind = policy.permissive ? '' : ' as restrictive'
  return `create policy ${ident(policy.name)} on ${qualified(table.schema, table.name)}${kind}
  for ${policy.command.toLowerCase()} to ${rolesOf(policy.roles)}${clausesOf(policy)};`
}

export const dropSql = (table: Table, name: string): string =>
  `drop policy ${ident(name)} on ${qualified(table.schema, table.name)};`

/** Empty where nothing changes. What ALTER POLICY cannot do is a drop and a create. */
export function alterSql(table: Table, before: PolicyInfo, after: PolicyDraft): string {
  const from = draftOf(before)
  const isGone =
    (from.using !== '' && after.using.trim() === '') ||
    (from.check !== '' && after.check.trim() === '')
  if (from.command !== after.command || from.permissive !== after.permissive || isGone)
    return `${dropSql(table, before.name)}\n${createSql(table, after)}`
  const on = `on ${qualified(table.schema, table.name)}`
  const roles = from.roles.join() === after.roles.join() ? '' : `\n  to ${rolesOf(after.roles)}`
  const using =
    from.using === after.using || !hasUsing(after.command) ? '' : clause('using', after.using)
  const check =
    from.check === after.check || !hasCheck(after.command) ? '' : clause('with check', after.check)
  const altered = roles + using + check
  return [
    ...(altered === '' ? [] : [`alter policy ${ident(before.name)} ${on}${altered};`]),
    ...(before.name === after.name
      ? []
      : [`alter policy ${ident(before.name)} ${on} rename to ${ident(after.name)};`]),
  ].join('\n')
}
