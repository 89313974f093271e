import { expect, test } from 'vitest'
import { finish } from '#base/kernel'
import { buildRelationships } from './build-relationships.ts'
import type { ForeignKey } from './build-relationships.ts'
import { similarName } from './similar-name.ts'
import { readTargets, resolveViews } from './view-columns.ts'

const named = (name: string, schema = 'public') => ({ schema, name })
const table = (name: string, primaryKey: string[] = ['id'], schema = 'public') => ({
  ...named(name, schema),
  primaryKey,
})

const key = (
  from: string,
  column: string,
  to: string,
  more: Partial<ForeignKey> = {},
): ForeignKey => ({
  from: named(from),
  to: named(to),
  constraint: `${from}_${column}_fkey`,
  columns: [[column, 'id']],
  isUnique: false,
  ...more,
})

const related = (...args: Parameters<typeof buildRelationships>) =>
  finish(buildRelationships(...args))

const summary = (rels: ReturnType<typeof related>): string[] =>
  rels.map((rel) => `${rel.from.name} ${rel.cardinality} ${rel.to.name}`)

test('a foreign key is many-to-one, and one-to-many the other way', () => {
  const rels = related([key('a', 'b_id', 'b')], [], [], [table('a'), table('b')], ['public'])
  expect(summary(rels)).toEqual(['a many-to-one b', 'b one-to-many a'])
})

test('a unique foreign key is one-to-one both ways', () => {
  const keys = [key('a', 'id', 'b', { isUnique: true })]
  const rels = related(keys, [], [], [table('a'), table('b')], ['public'])
  expect(summary(rels)).toEqual(['a one-to-one b', 'b one-to-one a'])
})

test('a junction needs both keys inside its primary key', () => {
  const keys = [key('j', 'a_id', 'a'), key('j', 'b_id', 'b')]
  const relations = (primaryKey: string[]) => [table('a'), table('b'), table('j', primaryKey)]
  const many = (primaryKey: string[]) =>
    summary(related(keys, [], [], relations(primaryKey), ['public'])).filter((line) =>
      line.includes('many-to-many'),
    )
  expect(many(['a_id', 'b_id'])).toEqual(['a many-to-many b', 'b many-to-many a'])
  expect(many(['a_id', 'b_id', 'at'])).toHaveLength(2)
  expect(many(['id'])).toEqual([])
})

test('what is not exposed is not related, and neither is what it would join', () => {
  const keys = [
    key('j', 'a_id', 'a', { from: named('j', 'private') }),
    key('j', 'b_id', 'b', { from: named('j', 'private') }),
  ]
  const relations = [table('a'), table('b'), table('j', ['a_id', 'b_id'], 'private')]
  expect(related(keys, [], [], relations, ['public'])).toEqual([])
})

test('a view that shows a key has its relationship, under each name it gives the column', () => {
  const columns = new Map([['b_id', ['b1', 'b2']]])
  const views = [{ view: named('v'), table: named('a'), columns }]
  const rels = related([key('a', 'b_id', 'b')], views, [], [table('a'), table('b')], ['public'])
  const ofView = rels.filter((rel) => rel.from.name === 'v')
  expect(ofView.map((rel) => rel.kind === 'key' && rel.columns)).toEqual([
    [['b1', 'id']],
    [['b2', 'id']],
  ])
})

test('a function over a row replaces the relationship to a table of its name', () => {
  const computed = {
    kind: 'computed' as const,
    cardinality: 'computed' as const,
    from: named('b'),
    to: named('a'),
    routine: named('a'),
    toOne: false,
  }
  const rels = related(
    [key('a', 'b_id', 'b')],
    [],
    [computed],
    [table('a'), table('b')],
    ['public'],
  )
  expect(summary(rels.filter((rel) => rel.from.name === 'b'))).toEqual(['b computed a'])
})

// shortened from pg_rewrite.ev_action of `select a.id, (select max(x) from s) as m from a`
const tree = `({QUERY :commandType 1 :cteList <> :rtable ({RANGETBLENTRY :alias <> :eref {ALIAS :aliasname a :colnames ("id \\(x\\)")} :relid 100})
 :targetList ({TARGETENTRY :expr {VAR :varno 1} :resno 1 :resname id :ressortgroupref 0 :resorigtbl 100 :resorigcol 1 :resjunk false}
 {TARGETENTRY :expr {SUBLINK :subselect {QUERY :targetList ({TARGETENTRY :expr {AGGREF :args ({TARGETENTRY :expr {VAR} :resno 1 :resorigtbl 0 :resorigcol 0})} :resno 1 :resname max :resorigtbl 300 :resorigcol 7})}} :resno 2 :resname m :resorigtbl 0 :resorigcol 0}
 {TARGETENTRY :expr {VAR} :resno 3 :resname other :resorigtbl 200 :resorigcol 2}) :override 0})`

test("a view's tree gives the origin of its own columns, not of its subqueries'", () => {
  expect(readTargets(tree)).toEqual([
    { column: 1, table: 100, tableColumn: 1 },
    { column: 3, table: 200, tableColumn: 2 },
  ])
  expect(readTargets('<>')).toEqual([])
})

test('a view over a view reaches the table, and one over itself ends', () => {
  const entry = (resno: number, oid: number, column: number): string =>
    `({QUERY :targetList ({TARGETENTRY :expr {VAR} :resno ${resno} :resorigtbl ${oid} :resorigcol ${column}})})`
  const view = (oid: number, name: string, source: string) => ({
    oid,
    view: named(name),
    names: new Map([[1, `${name}_id`]]),
    tree: source,
  })
  const tables = [{ oid: 100, relation: named('t'), names: new Map([[1, 'id']]) }]
  const views = [
    view(1, 'inner', entry(1, 100, 1)),
    view(2, 'outer', entry(1, 1, 1)),
    view(3, 'loop', entry(1, 3, 1)),
  ]
  expect(
    finish(resolveViews(views, tables)).map(({ view: { name }, columns }) => [
      name,
      columns.get('id'),
    ]),
  ).toEqual([
    ['inner', ['inner_id']],
    ['outer', ['outer_id']],
  ])
})

test('the most similar name is suggested, nothing that is too different', () => {
  expect(similarName('projectx', ['tasks', 'projects', 'project'], 0.75)).toBe('projects')
  expect(similarName('zebra', ['projects'], 0.33)).toBeNull()
})
