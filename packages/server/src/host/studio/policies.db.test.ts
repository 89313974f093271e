import { afterAll, beforeAll, expect, test } from 'vitest'
import { explainPolicies } from '#testing'
import type { PolicyExplanation } from '#testing'
import { policyPatterns } from '#host/studio/policies'
import { nodesOf, splitExpression } from './policies/split-expression.ts'
import type { ExpressionTree } from './policies/split-expression.ts'
import { openStudioFixture } from './studio.fixture.ts'
import type { StudioFixture } from './studio.fixture.ts'

let studio: StudioFixture
const ada = '00000000-0000-4000-8000-00000000000a'
const bob = '00000000-0000-4000-8000-00000000000b'
beforeAll(async () => {
  studio = await openStudioFixture()
  await studio.sql.script(
    `
    insert into auth.users (id, email, role, raw_app_meta_data) values
      ('${ada}', 'ada@example.com', 'authenticated', '{"org": "x"}'), ('${bob}', 'bob@example.com', 'authenticated', '{}');
  `,
    'supabase_auth_admin',
  )
  await studio.sql.script(`
    create table notes (id bigint primary key, owner uuid, public boolean not null default false, org text,
      made_by text default auth.uid()::text);
    insert into notes values (9007199254740993, '${ada}', false, 'x'), (2, '${bob}', false, 'x'), (3, '${bob}', true, 'y'), (4, null, false, null);
    alter table notes enable row level security;
    create policy own on notes to authenticated using (owner = auth.uid()) with check (owner = auth.uid() and not public);
    create policy shown on notes for select using (public and (org = 'y' or org is null));
    create policy same_org on notes as restrictive for select to authenticated
      using (coalesce(org, '') <> 'z' and (org is null or org = (auth.jwt() -> 'app_metadata' ->> 'org') or public or owner = auth.uid()));
    create table hidden (id int primary key); alter table hidden enable row level security;
    create table open (id int primary key); insert into open values (1);
    create table revoked (id int primary key); revoke all on revoked from anon, authenticated;
    create table everyone (id int primary key); alter table everyone enable row level security;
    create policy yes on everyone using (true);
  `)
})
afterAll(() => studio.close())

const explain = async (question: object): Promise<PolicyExplanation> => {
  const { status, body } = await studio.ask<PolicyExplanation>('POST', 'policies/explain', question)
  expect(status, JSON.stringify(body)).toBe(200)
  return body
}
const notes = { schema: 'public', name: 'notes' }
const claimsOf = (user: string | null) =>
  user === null
    ? '{}'
    : JSON.stringify({ sub: user, app_metadata: user === ada ? { org: 'x' } : {} })

/** What Postgres itself lets through. */
async function seen(role: string, user: string | null, text: string): Promise<string[]> {
  const claims = claimsOf(user).replaceAll("'", "''")
  const rows = await studio.sql.rows<{ id: string }>(
    `with set as materialized (select set_config('request.jwt.claims', '${claims}', true)) select id::text from set, (${text}) t`,
    role,
  )
  return rows.map(({ id }) => id).toSorted()
}

test('the matrix says for each role and command which rows can be reached', async () => {
  const { body } = await studio.askAs<
    {
      name: string
      cells: { role: string; command: string; verdict: string; policies: string[] }[]
    }[]
  >('read-only', 'GET', 'policies/matrix')
  const cell = (name: string, role: string, command: string) =>
    body
      .find((table) => table.name === name)
      ?.cells.find((c) => c.role === role && c.command === command)
  expect(cell('notes', 'authenticated', 'SELECT')).toMatchObject({
    verdict: 'some',
    policies: ['own', 'same_org', 'shown'],
  })
  expect(cell('notes', 'anon', 'SELECT')).toMatchObject({ verdict: 'some', policies: ['shown'] })
  expect(cell('notes', 'anon', 'DELETE')).toMatchObject({ verdict: 'none', policies: [] })
  expect(cell('notes', 'service_role', 'UPDATE')).toMatchObject({ verdict: 'all', rls: false })
  expect(cell('hidden', 'authenticated', 'SELECT')).toMatchObject({ verdict: 'none' })
  expect(cell('open', 'anon', 'INSERT')).toMatchObject({ verdict: 'all', rls: false })
  expect(cell('revoked', 'anon', 'SELECT')).toMatchObject({ verdict: 'no grant', grant: 'none' })
  expect(cell('everyone', 'anon', 'UPDATE')).toMatchObject({ verdict: 'all', rls: true })
})

test.each([
  ['authenticated', ada],
  ['authenticated', bob],
  ['anon', null],
  ['service_role', null],
] as const)('rows that pass for %s %s are those that Postgres shows', async (role, user) => {
  const found = await explain({
    ...(user === null ? { role } : { user }),
    relation: notes,
    operation: 'select',
  })
  expect(found.rows).toHaveLength(4)
  const passing = found.rows.filter(({ passes }) => passes).map(({ key }) => key[0] as string)
  expect(passing.toSorted()).toEqual(await seen(role, user, 'select * from notes'))
})

test('a row that does not pass names the policy and the part of it that was not true', async () => {
  const found = await explain({
    user: bob,
    relation: await studio.oid('notes'),
    operation: 'select',
    key: ['9007199254740993'],
  })
  expect(found).toMatchObject({
    grant: 'table',
    rls: true,
    role: 'authenticated',
    claims: { sub: bob, email: 'bob@example.com' },
  })
  const [row] = found.rows
  expect(row).toMatchObject({ passes: false, row: { id: '9007199254740993', public: 'f' } })
  expect(row?.by.map(({ policy, value }) => [policy, value]).toSorted()).toEqual([
    ['own', false],
    ['same_org', null],
    ['shown', false],
  ])
  expect(row?.refused_by?.policy).toBe('same_org')
  expect(row?.refused_by?.expression).toContain('app_metadata')
  const tree = row?.by.find(({ policy }) => policy === 'shown')?.tree
  expect(tree).toMatchObject({
    op: 'and',
    children: [
      { expression: 'public', value: false },
      {
        op: 'or',
        children: [
          { expression: `org = 'y'::text`, value: false },
          { expression: 'org IS NULL', value: false },
        ],
      },
    ],
  })
})

test('one of three permissive policies refuses; what is null is no', async () => {
  const found = await explain({ role: 'anon', relation: notes, operation: 'select', key: ['4'] })
  expect(found.rows[0]).toMatchObject({
    passes: false,
    refused_by: { policy: 'shown', expression: 'public' },
  })
  const own = await explain({ user: ada, relation: notes, operation: 'select', key: ['4'] })
  expect(own.rows[0]?.by.find(({ policy }) => policy === 'own')).toMatchObject({ value: null })
})

test('before any row: no grant, no policy, RLS off, and who is not asked', async () => {
  const on = (name: string, role: string) =>
    explain({ role, relation: { schema: 'public', name }, operation: 'select' })
  expect(await on('revoked', 'anon')).toMatchObject({
    grant: 'none',
    reason: 'anon has no SELECT on the table',
  })
  expect(await on('open', 'anon')).toMatchObject({
    rls: false,
    rows: [{ passes: true }],
    reason: 'Row level security is off: every row passes',
  })
  expect(await on('notes', 'service_role')).toMatchObject({
    rls: false,
    reason: 'service_role bypasses row level security',
  })
  await studio.sql.script('insert into hidden values (1)')
  expect((await on('hidden', 'anon')).rows[0]).toMatchObject({
    passes: false,
    refused_by: null,
    by: [],
  })
})

test('an insert is tried, judged as Postgres judges it, and leaves nothing', async () => {
  const insert = (row: object, user = ada) =>
    explain({ user, relation: notes, operation: 'insert', row })
  const good = await insert({ id: '50', owner: ada })
  expect(good).toMatchObject({ tried: { rows: 1, error: null }, rows: [{ passes: true }] })
  const bad = await insert({ id: '50', owner: ada, public: 't' })
  expect(bad).toMatchObject({
    tried: {
      rows: 0,
      error: 'new row violates row-level security policy for table "notes" (SQLSTATE 42501)',
    },
    rows: [{ passes: false, refused_by: { policy: 'own', expression: 'NOT public' } }],
  })
  expect(await studio.sql.rows('select count(*)::int as n from notes')).toEqual([{ n: 4 }])
  expect(
    await studio.ask('POST', 'policies/explain', {
      user: ada,
      relation: notes,
      operation: 'insert',
      row: { id: '2' },
    }),
  ).toMatchObject({
    status: 400,
    body: {
      code: 'studio_explain_invalid',
      message: expect.stringContaining('duplicate key') as string,
    },
  })
})

test('updates are judged on the row as it is and as it would be, deletes on the row as it is', async () => {
  const update = (key: string, row: object) =>
    explain({ user: ada, relation: notes, operation: 'update', key: [key], row })
  expect(await update('9007199254740993', { org: 'q' })).toMatchObject({
    tried: { rows: 1 },
    rows: [{ passes: true }],
  })
  expect(await update('9007199254740993', { owner: bob })).toMatchObject({
    tried: { rows: 0, error: expect.stringContaining('42501') as string },
    rows: [{ passes: false, refused_by: { policy: 'own', expression: 'owner = auth.uid()' } }],
  })
  expect(await update('2', { org: 'q' })).toMatchObject({
    tried: { rows: 0, error: null },
    rows: [{ passes: false }],
  })
  expect(
    await explain({ user: ada, relation: notes, operation: 'delete', key: ['9007199254740993'] }),
  ).toMatchObject({ tried: { rows: 1 }, rows: [{ passes: true }] })
  expect(
    await explain({ user: ada, relation: notes, operation: 'delete', key: ['3'] }),
  ).toMatchObject({ tried: { rows: 0 }, rows: [{ passes: false }] })
  expect(await studio.sql.rows(`select count(*)::int as n from notes where org = 'x'`)).toEqual([
    { n: 2 },
  ])
})

test('subqueries see what the caller sees, whole rows have their type, and errors are told', async () => {
  await studio.sql.script(`
    create table members (org text, who uuid); alter table members enable row level security;
    insert into members values ('x', '${bob}');
    create table docs (id int primary key, org text, "a b" int);
    insert into docs values (1, 'x', 0);
    create function mine(d docs) returns boolean language sql stable as 'select d.org = ''x''';
    alter table docs enable row level security;
    create policy members on docs for select using (org in (select m.org from members m where m.who = auth.uid()));
    create policy typed on docs for insert with check (mine(docs));
    create policy failing on docs for delete using (1 / "a b" > 0 or org = 'x');`)
  const docs = { schema: 'public', name: 'docs' }
  const hidden = await explain({ user: bob, relation: docs, operation: 'select' })
  expect(hidden.rows[0]).toMatchObject({ passes: false, refused_by: { policy: 'members' } })
  await studio.sql.script(`create policy own on members using (who = auth.uid())`)
  expect((await explain({ user: bob, relation: docs, operation: 'select' })).rows[0]).toMatchObject(
    { passes: true },
  )
  expect(
    (await explain({ user: bob, relation: docs, operation: 'insert', row: { id: '2', org: 'x' } }))
      .rows[0],
  ).toMatchObject({ passes: true })
  const failing = await explain({ user: bob, relation: docs, operation: 'delete', key: ['1'] })
  const tree = failing.rows[0]?.by.find(({ policy }) => policy === 'failing')?.tree
  expect(tree?.children[0]).toMatchObject({ value: null, error: 'division by zero' })
  expect(tree?.children[1]).toMatchObject({ value: true })
  expect(failing.tried?.error).toContain('division by zero')
})

test('what a policy costs, and what it would cost rewritten and with an index; nothing of it stays', async () => {
  await studio.sql.script(`
    create table many (id int primary key, owner uuid, v text);
    insert into many select n, gen_random_uuid(), repeat('x', 50) from generate_series(1, 20000) n; analyze many;
    alter table many enable row level security;
    create policy own on many using (owner = auth.uid());`)
  const found = await explain({
    user: ada,
    relation: { schema: 'public', name: 'many' },
    operation: 'select',
    limit: 1,
    cost: true,
  })
  const [cost] = found.cost
  expect(cost).toMatchObject({ policy: 'own', rows: 20_000 })
  const [rewrite, index] = cost?.advice ?? []
  expect(rewrite).toMatchObject({
    kind: 'rewrite',
    sql: '(owner = (select auth.uid()))',
    before_ms: cost?.ms,
  })
  expect(rewrite?.after_ms as number).toBeLessThan((cost?.ms as number) / 2)
  expect(index).toMatchObject({ kind: 'index', sql: 'create index on "public"."many" ("owner")' })
  expect(index?.after_ms as number).toBeLessThan(rewrite?.after_ms as number)
  expect(JSON.stringify(index?.plan)).toContain('Index')
  expect(await studio.sql.rows(`select from pg_indexes where tablename = 'many'`)).toHaveLength(1)
  await studio.sql.script(`alter policy own on many using ${rewrite?.sql}; ${index?.sql}`)
  const after = await explain({
    user: ada,
    relation: { schema: 'public', name: 'many' },
    operation: 'select',
    limit: 1,
    cost: true,
  })
  expect(after.cost[0]?.advice).toEqual([])
})

test('only developers try policies; unknown users and roles are named', async () => {
  const question = { relation: notes, operation: 'select' }
  expect(await studio.askAs('read-only', 'POST', 'policies/explain', question)).toMatchObject({
    status: 403,
  })
  expect(await studio.askAs('developer', 'POST', 'policies/explain', question)).toMatchObject({
    status: 200,
  })
  for (const user of ['00000000-0000-4000-8000-0000000000ff', `x' or true`])
    expect(await studio.ask('POST', 'policies/explain', { ...question, user })).toMatchObject({
      status: 404,
      body: { code: 'studio_user_not_found' },
    })
  expect(
    await studio.ask('POST', 'policies/explain', { ...question, role: 'nobody' }),
  ).toMatchObject({
    status: 400,
    body: { code: 'studio_explain_invalid' },
  })
  const superuser = await explain({
    relation: notes,
    role: 'supabase_admin',
    operation: 'insert',
    row: { id: '60' },
  })
  expect(superuser.tried).toEqual({
    rows: 0,
    error: expect.stringContaining('permission denied to set role') as string,
  })
})

test('the helper for tests says the same', async () => {
  const found = await explainPolicies(studio.sql.url, {
    user: bob,
    relation: notes,
    operation: 'select',
    key: ['9007199254740993'],
  })
  expect(found.rows[0]).toMatchObject({ passes: false, refused_by: { policy: 'same_org' } })
})

test.each(policyPatterns.map((pattern) => [pattern.name, pattern] as const))(
  'the pattern %s works as it says',
  async (name, pattern) => {
    const table = `public.of_${name}`
    await studio.sql
      .script(`create table ${table} (id uuid primary key default gen_random_uuid(), user_id uuid, organization_id uuid,
    published boolean default false, publish_at timestamptz)`)
    const values: Record<string, string> = {
      table,
      index: `${name}_index`,
      managers_index: `${name}_managers`,
    }
    for (const parameter of pattern.parameters) values[parameter.name] = parameter.default
    const fill = (text: string): string =>
      text.replace(/\{\{(\w+)\}\}/g, (_, key: string) => values[key] ?? `missing ${key}`)
    await studio.sql.script(fill(pattern.needs))
    await studio.sql.script(fill(pattern.policies))
    const org = '00000000-0000-4000-8000-0000000000cc'
    await studio.sql.script(
      `insert into ${table} (user_id, organization_id) values ('${ada}', '${org}'), ('${bob}', null)`,
    )
    const passing = async (user: string) =>
      (
        await explain({
          user,
          relation: { schema: 'public', name: `of_${name}` },
          operation: 'select',
        })
      ).rows.filter(({ passes }) => passes).length
    const before = { owner: 1, organization: 0, role: 0, hierarchy: 1, time: 1, sharing: 1 }[name]
    expect([await passing(ada), await passing(bob)]).toEqual([before, before])
    const grant = {
      organization: `insert into public.organization_members values ('${org}', '${bob}')`,
      role: `insert into public.user_roles values ('${bob}', 'viewer')`,
      hierarchy: `insert into public.team_members values ('${ada}', '${bob}')`,
      time: `update ${table} set published = true, publish_at = now() - interval '1 day' where user_id = '${ada}'`,
      sharing: `insert into public.shares select id, '${bob}' from ${table} where user_id = '${ada}'`,
    }[name]
    if (grant === undefined) return
    await studio.sql.script(grant)
    expect([await passing(ada), await passing(bob)]).toEqual([
      before,
      { organization: 1, role: 2, hierarchy: 2, time: 2, sharing: 2 }[name],
    ])
  },
)

/** Three values, as SQL has them. */
function combine(
  tree: ExpressionTree,
  leaves: ReadonlyMap<string, boolean | null>,
): boolean | null {
  if (tree.op === 'leaf') return leaves.get(tree.expression) ?? null
  const values = tree.children.map((child) => combine(child, leaves))
  if (tree.op === 'not') return values[0] == null ? null : !values[0]
  const decisive = tree.op === 'or'
  return values.includes(decisive) ? decisive : values.includes(null) ? null : !decisive
}

test('for any expression the parts together are what the whole is to Postgres', async () => {
  let seed = 7
  const random = (n: number): number => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % n
  const leaves = [
    'a',
    'b',
    'c',
    'x = 1',
    `t = 'it''s AND ('`,
    `t ~ E'\\\\( OR '`,
    'x between 0 and 1',
    'a is not null',
    '(a and b) is true',
    'x in (1, 2)',
    'x = any (array[1, null])',
    'case when a and b then c else a or c end',
    'exists (select from v where v.x = x and a)',
    '(select b or c)',
    'not exists (select 1 where a or b)',
    '(x, t) = (1, null)',
    'x is distinct from 1',
    '"or and"',
    `t like '%OR%'`,
    'coalesce(a and b, c)',
  ]
  const make = (depth: number): string => {
    if (depth === 0 || random(5) === 0) return leaves[random(leaves.length)] as string
    const kind = random(3)
    if (kind === 2) return `not (${make(depth - 1)})`
    const parts = Array.from({ length: 2 + random(2) }, () => `(${make(depth - 1)})`)
    return parts.join(kind === 0 ? ' and ' : ' or ')
  }
  await studio.sql.script(`create table v (a bool, b bool, c bool, x int, t text, "or and" bool);
    insert into v select a, b, c, x, t, a from unnest(array[true, false, null]) a, unnest(array[true, false, null]) b, unnest(array[true, null]) c,
      unnest(array[1, 5]) x, unnest(array['it''s AND (', null]) t`)
  for (let i = 0; i < 60; i++) {
    const text = make(4)
    await studio.sql.script(`drop policy if exists p on v; create policy p on v using (${text})`)
    const [policy] = await studio.sql.rows<{ e: string }>(
      `select pg_get_expr(polqual, polrelid) as e from pg_policy where polname = 'p' and polrelid = 'v'::regclass`,
    )
    const whole = policy?.e as string
    const tree = splitExpression(whole)
    const parts = nodesOf(tree)
      .filter(({ op }) => op === 'leaf')
      .map(({ expression }) => expression)
    const columns = parts.map((part, n) => `(${part}) as p${n}`).join(', ')
    const rows = await studio.sql.rows<Record<string, boolean | null>>(
      `select (${whole}) as whole, ${columns} from v`,
    )
    for (const row of rows)
      expect(
        combine(tree, new Map(parts.map((part, n) => [part, row[`p${n}`] ?? null]))),
        whole,
      ).toBe(row['whole'])
  }
})
