/** What a policy asks about the caller: `auth.uid()` and the like, and settings of the request. */
import type { FuncCall, Node } from 'libpg-query'
import type { Claims } from './claims.ts'
import type { CompileContext } from './compile.ts'
import { fromClaims } from './expression.ts'
import type { Expression } from './expression.ts'
import { uuidPattern } from './value.ts'
import type { Value } from './value.ts'

export type PlatformFunction = 'uid' | 'role' | 'email' | 'jwt'

const bodyOf = (claim: string, cast: string): string =>
  `select coalesce( nullif(current_setting('request.jwt.claim.${claim}', true), ''), nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> '${claim}' )${cast}`

/** How the platform writes its own (migration 0004_auth_functions), blanks aside; others are the project's, and not known here. */
export const platformBodies: Readonly<Record<PlatformFunction, string>> = {
  uid: bodyOf('sub', '::uuid'),
  role: bodyOf('role', ''),
  email: bodyOf('email', ''),
  jwt: `select coalesce( nullif(current_setting('request.jwt.claim', true), ''), nullif(current_setting('request.jwt.claims', true), '') )::jsonb`,
}

const claimOf = (claims: Claims, key: string): Value =>
  claims.json === undefined ? undefined : claims.text(claims.json, key)

const calls: Readonly<Record<PlatformFunction, Expression>> = {
  uid: fromClaims({ kind: 'uuid' }, (claims) => asUuid(claimOf(claims, 'sub'))),
  role: fromClaims({ kind: 'text' }, (claims) => claimOf(claims, 'role')),
  email: fromClaims({ kind: 'text' }, (claims) => claimOf(claims, 'email')),
  jwt: fromClaims({ kind: 'json' }, ({ json }) => json),
}

function asUuid(text: Value): Value {
  return text === null || (typeof text === 'string' && uuidPattern.test(text)) ? text : undefined
}

/** Settings that every subscriber's session has, so that nothing else can be read from them. */
const settings = new Set(['app.user_id', 'app.role', 'app.tenant_id'])

export function compileCall(call: FuncCall, context: CompileContext): Expression | null {
  const { funcname, args = [], funcformat, ...others } = call
  if (Object.keys(others).some((key) => key !== 'location')) return null
  const names = namesOf(funcname)
  if (funcformat !== 'COERCE_EXPLICIT_CALL') return null
  if (names.length === 1 && names[0] === 'current_setting') return compileSetting(args)
  const [schema, name] = names
  if (names.length !== 2 || schema !== 'auth' || args.length > 0) return null
  if (name === undefined || !Object.hasOwn(calls, name)) return null
  const known = name as PlatformFunction
  return context.functions.has(known) ? calls[known] : null
}

/** `current_setting('app.user_id'::text, true)` */
function compileSetting([first, second]: readonly Node[]): Expression | null {
  const name = textConstant(first)
  if (name === null) return null
  if (second !== undefined && !('A_Const' in second && second.A_Const.boolval !== undefined))
    return null
  return settings.has(name) ? fromClaims({ kind: 'text' }, (claims) => claims.setting(name)) : null
}

/** `'x'::text` → `x` */
export function textConstant(node: Node | undefined): string | null {
  if (node === undefined) return null
  if ('TypeCast' in node) {
    const { arg, typeName } = node.TypeCast
    const isText = namesOf(typeName?.names).join('.') === 'text' && !typeName?.arrayBounds
    return isText ? textConstant(arg) : null
  }
  return 'A_Const' in node && node.A_Const.sval !== undefined
    ? (node.A_Const.sval.sval ?? '')
    : null
}

/** `[{ String: { sval: 'auth' } }, …]` → `auth`, …; anything else makes a name of its own that nothing has. */
export function namesOf(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).map((node) => ('String' in node ? (node.String.sval ?? '') : '\0'))
}
