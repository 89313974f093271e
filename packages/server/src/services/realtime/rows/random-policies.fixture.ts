/** Policies, rows and claims by chance: most policies within what is compiled, some outside. */

export interface Chance {
  /** 0 … below - 1 */
  readonly below: (limit: number) => number
  readonly pick: <T>(items: readonly T[]) => T
}

/** mulberry32 */
export function createChance(seed: number): Chance {
  let state = seed | 0
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
  return { below, pick: <T>(items: readonly T[]): T => items[below(items.length)] as T }
}

export const tableSql = `
  create extension if not exists citext with schema extensions;
  create collation public.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
  create type public.mood as enum ('good', 'bad', 'so so');
  create domain public.name_of as text;
  create role rls_lead; create role rls_member; grant rls_member to rls_lead; grant rls_lead to authenticated;
  create function public.is_known(text) returns boolean language sql stable as $$ select $1 = 'a' $$;
  create table public.things (id int primary key, u uuid, u2 uuid, t text, v varchar(9), n int, big int8, s int2, b boolean,
    e mood, ua uuid[], ta text[], na int[], c text collate public.loose, num numeric, ch char(4), ci extensions.citext,
    d date, nm name_of, j jsonb);
  alter table public.things enable row level security;
  grant select on public.things to anon, authenticated, rls_member;`

/** Roles are the server's: the table goes with its database, these do not. */
export const dropRolesSql = 'drop owned by rls_lead, rls_member; drop role rls_lead, rls_member'

const users = [
  '00000000-0000-4000-8000-00000000000a',
  '00000000-0000-4000-8000-00000000000b',
  'abcdef00-0000-4000-8000-00000000000c',
]
const texts = ['a', 'b', 'A', '', 'true', '1', '007', ' 1', ...users]
const numbers = [0, 1, 2, 7, -1]
const moods = ['good', 'bad', 'so so']

/** Values for one row, as SQL. */
export function randomRow(chance: Chance, id: number): string {
  const { pick, below } = chance
  const or = (text: string): string => (below(6) === 0 ? 'null' : text)
  const quote = (text: string): string => `'${text}'`
  const list = (of: readonly (string | number)[], type: string): string => {
    const items = Array.from({ length: below(4) }, () => or(`'${pick(of)}'`))
    return or(`array[${items.join(', ')}]::${type}[]`)
  }
  const values = [
    or(quote(pick(users))),
    or(quote(pick(users))),
    or(quote(pick(texts))),
    or(quote(pick(texts).slice(0, 9))),
    or(String(pick(numbers))),
    or(pick(['1', '7', '-1', '1234567890123456789'])),
    or(String(pick(numbers))),
    or(pick(['true', 'false'])),
    or(quote(pick(moods))),
    list(users, 'uuid'),
    list(texts, 'text'),
    list(numbers, 'int'),
    or(quote(pick(['a', 'A', 'b']))),
    or(pick(['1', '1.0', '2.50'])),
    or(quote(pick(['a', 'ab ']))),
    or(quote(pick(['a', 'A', 'b']))),
    or(quote('2026-01-01')),
    or(quote(pick(texts))),
    or(quote(pick(['{"org": "a"}', '[]', '1']))),
  ]
  return `(${[id, ...values].join(', ')})`
}

/** Those of one role, whose own claim it is. */
export function randomClaims({ pick, below }: Chance, role: string): string {
  const claims: Record<string, unknown> = { role }
  const some = (key: string, values: readonly unknown[]): void => {
    if (below(5) > 0) claims[key] = pick(values)
  }
  some('sub', [...users, ...users, 'ABCDEF00-0000-4000-8000-00000000000C', 'nobody', '', null])
  some('org', ['a', 'b', 'A', 'true', 'ä', '', null, 7, 1, true, 1.5, ['a'], { a: 'b' }])
  some('n', [0, 1, 7, '1', '7', ' 1', '007', -1, 1e21, 1.0, 'x', null])
  some('email', [...texts])
  some('tenant_id', ['1', 7, 'x', ''])
  some('app_metadata', [{ org: pick(texts), n: pick(numbers), deep: { a: pick(texts) } }, [1], 'a'])
  const text = JSON.stringify(claims)
  switch (below(12)) {
    case 0:
      return text.replace('}', ', "n": 1.0, "org": "b"}').replaceAll(':', ' : ')
    case 1:
      return text.replace('"role"', '"odd":"\\ud83d\\ude00","role"')
    default:
      return text
  }
}

export const roles = ['anon', 'authenticated', 'rls_member', 'service_role']

/** A policy for reading, mostly. */
export function randomPolicy(chance: Chance, name: string): string {
  const { pick, below } = chance
  const kind = below(4) === 0 ? 'restrictive' : 'permissive'
  const command = pick(['select', 'select', 'all', 'update'])
  const to = pick([
    'public',
    'public',
    'authenticated',
    'rls_member',
    'anon, rls_member',
    'rls_lead',
  ])
  return `create policy ${name} on public.things as ${kind} for ${command} to ${to} using (${predicate(chance, 3)})`
}

function predicate(chance: Chance, depth: number): string {
  const { pick, below } = chance
  if (depth === 0 || below(3) === 0) return pick(below(14) === 0 ? outside : atoms)(chance)
  const left = predicate(chance, depth - 1)
  const right = predicate(chance, depth - 1)
  return pick([
    `(${left} and ${right})`,
    `(${left} or ${right})`,
    `(${left} or ${right})`,
    `(not ${left})`,
    `((${left}) is ${pick(['true', 'not true', 'false', 'not false', 'unknown', 'not unknown'])})`,
    `coalesce(${left}, ${right})`,
    left,
  ])
}

type Write = (chance: Chance) => string

const uuidOf: Write = ({ pick }) =>
  pick([
    'u',
    'u2',
    'auth.uid()',
    '(select auth.uid())',
    `'${pick(users)}'::uuid`,
    'coalesce(u, u2)',
  ])
const textOf: Write = ({ pick }) =>
  pick([
    't',
    'v',
    't::varchar',
    'u::text',
    'n::text',
    'b::text',
    'e::text',
    'auth.role()',
    'auth.email()',
    'auth.uid()::text',
    `auth.jwt() ->> '${pick(['org', 'n', 'sub', 'none'])}'`,
    `((select auth.jwt()) -> 'app_metadata' ->> '${pick(['org', 'n', 'deep'])}')`,
    `(auth.jwt() -> 'app_metadata' -> 'deep' ->> 'a')`,
    `current_setting('app.${pick(['user_id', 'role', 'tenant_id'])}', true)`,
    `nullif(t, '')`,
    `'${pick(texts)}'`,
    `'${pick(texts)}'::text`,
  ])
const numberOf: Write = ({ pick }) =>
  pick([
    'n',
    'big',
    's',
    'n::bigint',
    's::int',
    String(pick(numbers)),
    `(auth.jwt() ->> '${pick(['n', 'org'])}')::int`,
    `nullif(current_setting('app.tenant_id', true), '')::bigint`,
    `5000000000`,
  ])

const atoms: readonly Write[] = [
  (chance) => `${uuidOf(chance)} ${chance.pick(['=', '=', '<>'])} ${uuidOf(chance)}`,
  () => 'u = (select auth.uid())',
  () => `auth.uid() = any(ua)`,
  (chance) => `${textOf(chance)} ${chance.pick(['=', '=', '<>'])} ${textOf(chance)}`,
  (chance) => `${textOf(chance)} = any(ta)`,
  (chance) => `(${textOf(chance)})::text in ('a', 'b', '${chance.pick(texts)}')`,
  (chance) => `t not in ('a', null, '${chance.pick(texts)}')`,
  (chance) =>
    `${numberOf(chance)} ${chance.pick(['=', '<>', '<', '<=', '>', '>='])} ${numberOf(chance)}`,
  (chance) => `${numberOf(chance)} = any(na)`,
  (chance) => `n in (1, 7, ${chance.pick(numbers)})`,
  (chance) => `n between 0 and ${numberOf(chance)}`,
  (chance) => `e = '${chance.pick(moods)}'`,
  (chance) => `e in ('good', '${chance.pick(moods)}')`,
  (chance) => `u is ${chance.pick(['', 'not '])}distinct from ${uuidOf(chance)}`,
  (chance) =>
    `${chance.pick(['u', 't', 'n', 'b', 'ua', 'auth.uid()', 'auth.jwt()'])} is ${chance.pick(['', 'not '])}null`,
  () => 'b',
  () => 'b = true',
  ({ pick }) => pick(['true', 'false', 'null::boolean']),
]

/** What only Postgres can say. */
const outside: readonly Write[] = [
  () => `c = 'a'`,
  () => 'num = 1',
  () => `ch = 'ab'`,
  () => `ci = 'a'`,
  () => `d < now()`,
  () => `nm = 'a'`,
  () => `j ->> 'org' = 'a'`,
  () => `t like 'a%'`,
  () => `t < 'b'`,
  () => `t::uuid = u`,
  () => `public.is_known(t)`,
  () => `exists (select from public.things as x where x.id = 1)`,
  () => `1 / n = 1`,
  () => `v::varchar(1) = 'a'`,
  () => `t collate "C" = 'a'`,
  () => `auth.jwt() = '{}'`,
  () => `length(t) > 0`,
]
