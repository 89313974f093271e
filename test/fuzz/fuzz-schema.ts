/** The database random requests are asked of, as SQL and as a description for those who write requests and queries. */

export type ColumnType =
  | 'int'
  | 'text'
  | 'bool'
  | 'numeric'
  | 'date'
  | 'text[]'
  | 'daterange'
  | 'jsonb'
  | 'tsvector'

export interface Relation {
  readonly table: string
  readonly toMany: boolean
  /** SQL that joins the parent's row `p` with the child's `c`. */
  readonly join: (p: string, c: string) => string
}

export interface Table {
  readonly key: readonly string[]
  readonly columns: Readonly<Record<string, ColumnType>>
  readonly relations: Readonly<Record<string, Relation>>
  /** What row-level security leaves of it, for the row `c`. */
  readonly visible?: (c: string) => string
}

const one = (table: string, join: Relation['join']): Relation => ({ table, toMany: false, join })
const many = (table: string, join: Relation['join']): Relation => ({ table, toMany: true, join })

/** A column name that has to be quoted wherever it stands. */
export const oddName = 'odd, (na"me)'

export const tables: Readonly<Record<string, Table>> = {
  clients: {
    key: ['id'],
    columns: { id: 'int', name: 'text', active: 'bool', score: 'numeric', tags: 'text[]' },
    relations: { projects: many('projects', (p, c) => `${c}.client_id = ${p}.id`) },
  },
  projects: {
    key: ['id'],
    columns: {
      id: 'int',
      name: 'text',
      client_id: 'int',
      started: 'date',
      span: 'daterange',
      data: 'jsonb',
      doc: 'text',
      words: 'tsvector',
    },
    relations: {
      clients: one('clients', (p, c) => `${c}.id = ${p}.client_id`),
      tasks: many('tasks', (p, c) => `${c}.project_id = ${p}.id`),
      details: one('details', (p, c) => `${c}.project_id = ${p}.id`),
    },
  },
  tasks: {
    key: ['id'],
    columns: { id: 'int', name: 'text', project_id: 'int', done: 'bool', rank: 'int' },
    relations: {
      projects: one('projects', (p, c) => `${c}.id = ${p}.project_id`),
      people: many(
        'people',
        (p, c) =>
          `exists (select from fuzz.people_tasks j where j.task_id = ${p}.id and j.person_id = ${c}.id)`,
      ),
    },
    visible: (c) => `${c}.rank is distinct from 7`,
  },
  details: {
    key: ['project_id'],
    columns: { project_id: 'int', note: 'text' },
    relations: { projects: one('projects', (p, c) => `${c}.id = ${p}.project_id`) },
  },
  people: {
    key: ['id'],
    columns: { id: 'int', name: 'text', [oddName]: 'text' },
    relations: {
      tasks: many(
        'tasks',
        (p, c) =>
          `exists (select from fuzz.people_tasks j where j.person_id = ${p}.id and j.task_id = ${c}.id)`,
      ),
    },
  },
}

export const texts = [
  'alpha',
  'beta',
  'a,b',
  'a"b',
  'a\\b',
  '(x)',
  'a.b',
  '100%',
  'ünï😀',
  'null',
  '',
  "o'brien",
  '{x}',
  'a*b',
  ' spaced ',
  '--',
  'x:y',
]

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`
const textArray = `array[${texts.map(literal).join(', ')}]`
const textOf = (n: string): string => `(${textArray})[1 + (${n}) % ${texts.length}]`

export const schemaSql: readonly string[] = [
  'create schema fuzz',
  'create table fuzz.clients (id int primary key, name text, active bool, score numeric, tags text[])',
  `create table fuzz.projects (id int primary key, name text, client_id int references fuzz.clients, started date,
     span daterange, data jsonb, doc text, words tsvector)`,
  'create table fuzz.tasks (id int primary key, name text, project_id int references fuzz.projects, done bool, rank int)',
  'create table fuzz.details (project_id int primary key references fuzz.projects, note text)',
  `create table fuzz.people (id int primary key, name text, "${oddName.replaceAll('"', '""')}" text)`,
  `create table fuzz.people_tasks (person_id int references fuzz.people, task_id int references fuzz.tasks,
     primary key (person_id, task_id))`,
  `insert into fuzz.clients select i, nullif(${textOf('i * 5')}, 'null'), case i % 3 when 0 then null else i % 3 = 1 end,
     nullif(i * 1.5, 6), array[${textOf('i')}, 'tag' || i % 3] from generate_series(1, 12) i`,
  `insert into fuzz.projects select i, ${textOf('i * 7')}, nullif(i % 13, 0), date '2026-01-01' + i,
     case when i % 5 > 0 then daterange(date '2026-01-01' + i, date '2026-01-01' + i * 2) end,
     case when i % 7 > 0 then jsonb_build_object('color', ${textOf('i * 3')}, 'n', i % 9, 'list', jsonb_build_array(i, 'x')) end,
     'the fat cat number ' || i || case when i % 2 = 0 then ' runs' else ' sleeps' end,
     to_tsvector('english', case when i % 3 = 0 then 'dogs running' else 'a sleeping cat' end)
     from generate_series(1, 40) i`,
  `insert into fuzz.tasks select i, nullif(${textOf('i * 11')}, ''), nullif(i % 41, 0),
     case i % 4 when 0 then null else i % 4 = 1 end, nullif(i % 10, 9) from generate_series(1, 120) i`,
  `insert into fuzz.details select i, ${textOf('i')} from generate_series(1, 40, 3) i`,
  `insert into fuzz.people select i, 'person ' || i, ${textOf('i * 2')} from generate_series(1, 15) i`,
  `insert into fuzz.people_tasks select distinct 1 + i % 14, 1 + i * 7 % 120 from generate_series(1, 200) i`,
  'alter table fuzz.tasks enable row level security',
  'create policy visible on fuzz.tasks using (rank is distinct from 7)',
  `create function fuzz.add(a int, b int default 1) returns int language sql as 'select a + b'`,
  `create function fuzz.echo(json) returns json language sql as 'select $1'`,
  `create function fuzz.find(term text) returns setof fuzz.projects stable language sql as
     'select * from fuzz.projects where name like term'`,
]

/** One number for the whole content. */
export const checksumSql = `select hashtextextended(string_agg(t::text, '|' order by t::text), 0)::text as sum from (
  ${[...Object.keys(tables), 'people_tasks'].map((name) => `select '${name}' || x::text as t from fuzz.${name} x`).join(' union all ')}) rows`
