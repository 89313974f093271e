/**
 * Compiled policies and Postgres agree, over policies, rows and claims by chance. A seeded few here; `npm run drill:policies`
 * compares 100,000 triples and more (POLICY_TRIPLES, POLICY_SEED).
 */
import { parse } from 'libpg-query'
import type { Node } from 'libpg-query'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSqlDatabase } from '@basalt/server/testing'
import type { SqlDatabase } from '@basalt/server/testing'
import { decodeRows, openDatabase, systemSession } from '#base/db'
import type { Database, Result } from '#base/db'
import { silentLog } from '#base/kernel'
import type { Project } from '#base/service'
import { Claims, VisibilityIndex } from '#services/realtime/policies'
import type { Change } from './change.ts'
import {
  createChance,
  dropRolesSql,
  randomClaims,
  randomPolicy,
  randomRow,
  roles,
  tableSql,
} from './random-policies.fixture.ts'
import type { Chance } from './random-policies.fixture.ts'
import { Expressions } from './expressions.ts'
import { TableFactsReader } from './read-table-facts.ts'
import type { TableFacts } from './table-facts.ts'
import { findVisible } from './visible-rows.ts'

const wanted = Number(process.env['POLICY_TRIPLES'] ?? 10_000)
const seed = Number(process.env['POLICY_SEED'] ?? 20_261_129)
const rowsOfRound = 40
const viewersOfRole = 10

interface Viewer {
  readonly role: string
  readonly claimsJson: string
  readonly claims: Claims
}

let database: SqlDatabase
let db: Database
let project: Project
let reader: TableFactsReader
let oid: number
/** Postgres 18 fails to plan `auth.uid() = auth.uid()` over some joins: that says nothing about the row. */
let isPlannerAtFault = false
const count = { compared: 0, shown: 0, bounded: 0, kept: 0, left: 0, policies: 0 }

beforeAll(async () => {
  database = await openSqlDatabase()
  db = openDatabase({ connection: database.connection, maxConnections: 4 })
  project = {
    db,
    apiDb: db,
    log: {
      ...silentLog,
      warn: (_message, { code } = {}) => (isPlannerAtFault ||= code === 'XX000'),
    },
  } as Partial<Project> as Project
  const expressions = new Expressions((texts) => Promise.all(texts.map(parseOne)), silentLog)
  reader = new TableFactsReader(project, expressions)
  await run(tableSql)
  const [found] = await rowsOf<{ oid: number }>(`select 'public.things'::regclass::oid as oid`)
  oid = found?.oid ?? 0
})
afterAll(async () => {
  await run(dropRolesSql)
  await db.close()
  await database.close()
})

async function parseOne(text: string): Promise<Node | null> {
  const tree = (await parse(text)) as { stmts: { stmt: Node }[] }
  return tree.stmts[0]?.stmt ?? null
}

function run(text: string): Promise<void> {
  return db.begin({ role: null, settings: [['search_path', 'public']] }, (transaction) =>
    transaction.script('test.script', text),
  )
}

async function ask(text: string): Promise<Result> {
  const statement = { name: 'test.rows', text, values: [] }
  const [result] = await db.transaction(systemSession, [statement], { prepare: false })
  return result as Result
}

async function rowsOf<T>(text: string): Promise<T[]> {
  return decodeRows<T>(await ask(text))
}

/** As the log has them; of some the log has not said everything. */
async function changesOf(chance: Chance): Promise<Change[]> {
  const { rows, fields } = await ask('select * from public.things order by id')
  const relation = { oid, schema: 'public', table: 'things', identity: 'd', columns: [] }
  return rows.map((cells) => {
    const now = new Map<string, string | null>()
    fields.forEach(({ name }, i) => {
      const cell = cells[i] ?? null
      if (name === 'id' || chance.below(60) > 0)
        now.set(name, cell === null ? null : new TextDecoder().decode(cell))
    })
    const position = { lsn: 0n, row: 0 }
    const place = { relation, committedAtMs: 0, position, xid: 0 }
    return { ...place, type: 'INSERT', now, before: null, bytes: 0 }
  })
}

async function renew(chance: Chance): Promise<string[]> {
  const policies = Array.from({ length: 1 + chance.below(4) }, (_, i) =>
    randomPolicy(chance, `p${i}`),
  )
  const rows = Array.from({ length: rowsOfRound }, (_, i) => randomRow(chance, i))
  await run(`
    do $$ declare name text; begin
      for name in select polname from pg_policy where polrelid = 'public.things'::regclass loop
        execute format('drop policy %I on public.things', name);
      end loop; end $$;
    truncate public.things; insert into public.things values ${rows.join(', ')}; ${policies.join(';')}`)
  return policies
}

function viewersOf(chance: Chance, role: string): Viewer[] {
  return Array.from({ length: viewersOfRole }, () => {
    const claimsJson = randomClaims(chance, role)
    return { role, claimsJson, claims: new Claims({ role, claimsJson }) }
  })
}

const describe = ({ role, claimsJson }: Viewer, { now }: Change): string =>
  `${role} ${claimsJson} ${JSON.stringify([...(now ?? [])])}`

/** Lines of what differs. */
async function compareRole(
  table: TableFacts,
  viewers: readonly Viewer[],
  changes: readonly Change[],
): Promise<string[]> {
  const role = viewers[0]?.role ?? ''
  const exact = table.policyOf(role)
  const policy = exact ?? table.boundOf(role)
  if (policy === null) {
    count.left += viewers.length * changes.length
    return []
  }
  const index = new VisibilityIndex<Viewer>(policy)
  for (const viewer of viewers) index.add(viewer)
  const wrong: string[] = []
  for (const viewer of viewers) {
    isPlannerAtFault = false
    const visible = await findVisible(project, viewer, table, changes)
    for (const change of changes) {
      const found = index.find(change.now ?? new Map())
      if (found === null || index.undecided.has(viewer) || isPlannerAtFault) count.left++
      else if (exact === null) {
        // who is not found is never shown it
        count.bounded++
        if (!found.has(viewer)) count.kept++
        if (visible.has(change) && !found.has(viewer)) wrong.push(describe(viewer, change))
      } else {
        count.compared++
        if (visible.has(change)) count.shown++
        if (found.has(viewer) !== visible.has(change)) wrong.push(describe(viewer, change))
      }
    }
  }
  for (const viewer of viewers) index.remove(viewer)
  if (changes.some(({ now }) => index.find(now ?? new Map())?.size))
    wrong.push('who is gone is found')
  return wrong
}

test(
  'what is compiled is what Postgres says',
  async () => {
    const chance = createChance(seed)
    while (count.compared < wanted) {
      const policies = await renew(chance)
      const changes = await changesOf(chance)
      const table = (await reader.read([oid], roles)).get(oid) as TableFacts
      count.policies += policies.length
      for (const role of roles.filter((name) => !table.seesAll.has(name))) {
        const wrong = await compareRole(table, viewersOf(chance, role), changes)
        expect(wrong.slice(0, 3), [`seed ${seed}`, ...policies].join('\n')).toEqual([])
      }
    }
    console.log(
      `seed ${seed}: ${count.policies} policies; ${count.compared} triples of policies, row and claims compared, ${count.shown} of them visible, none differ; ${count.bounded} of policies compiled in part, ${count.kept} of them decided, none wrongly; ${count.left} left to Postgres`,
    )
    expect(count.shown).toBeGreaterThan(wanted / 20)
    expect(count.compared - count.shown).toBeGreaterThan(wanted / 20)
  },
  60_000 + wanted * 5,
)
