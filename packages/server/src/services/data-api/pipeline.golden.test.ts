/** Compares request → plan → SQL with pipeline.golden.md; `npx vitest run -u …/pipeline.golden.test.ts` writes it anew. */
import { expect, test } from 'vitest'
import { planRequest } from '#services/data-api/plan'
import { bindValues, renderByRow, renderPlan } from '#services/data-api/sql'
import { testCatalog } from './catalog.fixture.ts'
import { describePlan } from './describe-plan.fixture.ts'
import { parseLine } from './request/request-line.fixture.ts'
import type { RequestLine } from './request/request-line.fixture.ts'

const full = { prefer: 'return=representation' }

type Request = RequestLine & {
  readonly title: string
  /** Shows the statement of large results too. */
  readonly byRow?: true
}

const requests: readonly Request[] = [
  { title: 'A whole table', line: 'GET /projects', byRow: true },
  { title: 'One row by its key', line: 'GET /projects?select=id,name&id=eq.1' },
  {
    title: 'Aliases, casts, JSON paths',
    line: 'GET /projects?select=key:id::text,data->a->>b,data->list->0,first:data->>0',
  },
  {
    title: 'Every kind of filter',
    line: 'GET /tasks?id=gte.1&id=neq.5&name=not.like.a*&name=ilike(any).{a*,b*}&id=in.(1,2,3)&project_id=not.is.null&name=isdistinct.x&words=fts(english).cat&name=plfts.dog&name=match.^a',
  },
  {
    title: 'A logic tree',
    line: 'GET /tasks?or=(id.eq.1,and(name.eq."a,b",not.or(id.lt.3,id.in.(7,8))))',
  },
  {
    title: 'Order, limit, offset, exact count',
    line: 'GET /projects?order=name.desc.nullslast,data->a&limit=10&offset=20',
    headers: { prefer: 'count=exact' },
  },
  { title: 'A page by the Range header', line: 'GET /projects', headers: { range: '10-19' } },
  {
    title: 'An estimated count',
    line: 'GET /projects?id=gt.1',
    headers: { prefer: 'count=planned' },
  },
  {
    title: 'A single object',
    line: 'GET /projects?id=eq.1',
    headers: { accept: 'application/vnd.pgrst.object+json;nulls=stripped' },
  },
  {
    title: 'CSV',
    line: 'GET /projects?select=id,name',
    headers: { accept: 'text/csv' },
    byRow: true,
  },
  {
    title: 'HEAD with a count',
    line: 'HEAD /projects?id=gt.1',
    headers: { prefer: 'count=exact' },
  },
  { title: 'Many-to-one', line: 'GET /projects?select=id,clients(id,name)' },
  {
    title: 'Many-to-one of the row of a key',
    line: 'GET /projects?select=id,clients(id,name)&id=eq.1',
  },
  {
    title: 'One-to-many with filter, order and limit inside',
    line: 'GET /clients?select=id,projects(id,name)&projects.name=like.W*&projects.order=id.desc&projects.limit=2',
  },
  { title: 'Many-to-many', line: 'GET /users?select=name,tasks(name)' },
  { title: 'One-to-one', line: 'GET /users?select=name,profiles(bio)' },
  {
    title: 'Nested, with an alias',
    line: 'GET /clients?select=name,work:projects(name,tasks(name,users(name)))&work.tasks.id=gt.3',
  },
  {
    title: 'Recursive: children and parent',
    line: 'GET /categories?select=name,children:categories(name),parent:parent_id(name)',
  },
  {
    title: 'An inner join, counted',
    line: 'GET /clients?select=id,projects!inner(id)&projects.id=eq.1&limit=5',
    headers: { prefer: 'count=exact' },
  },
  {
    title: 'Rows without any related row',
    line: 'GET /clients?select=id,projects()&projects=is.null',
  },
  {
    title: 'Order by a related column',
    line: 'GET /projects?select=id,clients(name)&order=clients(name).asc',
  },
  { title: 'A computed relationship', line: 'GET /clients?select=id,open_projects(id)' },
  { title: 'Spread to-one', line: 'GET /projects?select=id,...clients(client:name)' },
  {
    title: 'Spread to-many',
    line: 'GET /clients?select=id,...projects(project_ids:id)&projects.order=id',
  },
  {
    title: 'Aggregates with grouping',
    line: 'GET /tasks?select=project_id,count(),id.max()::text',
  },
  {
    title: 'An aggregate over a spread resource',
    line: 'GET /tasks?select=...projects(client_id,id.count())',
  },
  { title: 'Insert, returning nothing', line: 'POST /projects', body: '{"name":"a","id":1}' },
  {
    title: 'Bulk insert, returning with an embedded resource',
    line: 'POST /projects?select=id,clients(name)',
    headers: full,
    body: '[{"name":"a","client_id":1},{"name":"b","client_id":2}]',
  },
  {
    title: 'Insert of one row, answered as one object',
    line: 'POST /projects?select=id',
    headers: { prefer: 'return=representation', accept: 'application/vnd.pgrst.object+json' },
    body: '{"name":"a"}',
  },
  {
    title: 'Insert with missing=default',
    line: 'POST /projects?columns=id,name',
    headers: { prefer: 'return=headers-only, missing=default' },
    body: '[{"name":"a"}]',
  },
  {
    title: 'Upsert',
    line: 'POST /projects?on_conflict=id',
    headers: { prefer: 'resolution=merge-duplicates, return=representation' },
    body: '[{"id":1,"name":"a"}]',
  },
  {
    title: 'Insert ignoring duplicates',
    line: 'POST /projects',
    headers: { prefer: 'resolution=ignore-duplicates' },
    body: '[{"id":1,"name":"a"}]',
  },
  {
    title: 'Update',
    line: 'PATCH /projects?id=eq.1&select=id',
    headers: full,
    body: '{"name":"b"}',
  },
  { title: 'Delete', line: 'DELETE /projects?id=in.(1,2)', headers: { prefer: 'count=exact' } },
  { title: 'PUT', line: 'PUT /projects?id=eq.1', body: '{"id":1,"name":"c"}' },
  { title: 'A function by GET', line: 'GET /rpc/add?a=1&b=2' },
  { title: 'A function by POST', line: 'POST /rpc/add', body: '{"a":1,"b":2}' },
  {
    title: 'Rows of a function, filtered and embedding',
    line: 'GET /rpc/find_projects?term=x&id=gt.1&select=id,clients(name)&order=id&limit=3',
    headers: { prefer: 'count=exact' },
  },
  { title: 'A function taking the whole body', line: 'POST /rpc/take', body: '{"x":1}' },
  { title: 'A variadic function', line: 'GET /rpc/join?parts=a&parts=b' },
  { title: 'OPTIONS', line: 'OPTIONS /log' },
]

const catalog = testCatalog()
const options = {
  maxRows: 1000,
  aggregates: true,
  explain: false,
  legacyTargetNames: true,
  safeUpdate: false,
}

function golden(): string {
  const sections = requests.map(({ title, byRow, ...line }) => {
    const request = parseLine(line)
    const plan = planRequest(request, catalog, options)
    const headers = Object.entries(line.headers ?? {}).map(([name, value]) => `${name}: ${value}`)
    const asked = [
      line.line,
      ...headers,
      ...(line.body === undefined ? [] : ['', String(line.body)]),
    ]
    const parts = [
      `## ${title}`,
      fence('http', asked.join('\n')),
      fence('text', describePlan(plan)),
    ]
    if (plan.kind !== 'info' && plan.kind !== 'describe') {
      const { main, estimate } = renderPlan(plan)
      const rows = byRow === true ? renderByRow(plan) : null
      for (const statement of [main, estimate, rows]) {
        if (statement === null) continue
        const values = bindValues(statement.binders, request.values)
        const bound = values.map((value, at) => `-- $${at + 1} = ${String(value)}`)
        parts.push(fence('sql', [breakLines(statement.text), ...bound].join('\n')))
      }
    }
    return parts.join('\n\n')
  })
  return `# Request → plan → SQL\n\nWritten by pipeline.golden.test.ts. \`{0}\` in a plan is the request's literal number 0.\n\n${sections.join('\n\n')}\n`
}

const fence = (language: string, text: string): string => `\`\`\`${language}\n${text}\n\`\`\``

/** The statement on several lines; what is executed is one line. */
function breakLines(text: string): string {
  return text
    .replaceAll(/ (LEFT|INNER) JOIN /g, '\n$1 JOIN ')
    .replaceAll(/ (FROM|WHERE|GROUP BY|ORDER BY|LIMIT|ON CONFLICT|RETURNING) /g, '\n$1 ')
    .replaceAll(/ \*\/ /g, ' */\n')
}

test('request, plan and SQL are those of the golden file', async () => {
  await expect(golden()).toMatchFileSnapshot('./pipeline.golden.md')
})
