import { expect, test } from 'vitest'
import { planErrors, planRequest } from '#services/data-api/plan'
import type { PlanOptions, RunningPlan } from '#services/data-api/plan'
import { requestErrors } from '#services/data-api/request'
import {
  checkRows,
  errorResponse,
  readOutcome,
  respond,
  responseErrors,
} from '#services/data-api/response'
import { ConnectionError, DatabaseError } from '#base/db'
import type { HttpResponse } from '#base/http'
import { PlatformError } from '#base/kernel'
import { ambiguousKey, testCatalog } from './catalog.fixture.ts'
import { describeFailure } from './database-failure.ts'
import { parseLine } from './request/request-line.fixture.ts'
import type { RequestLine } from './request/request-line.fixture.ts'
import { requireCaller } from './require-caller.ts'

const planOptions: PlanOptions = {
  maxRows: null,
  aggregates: true,
  explain: false,
  legacyTargetNames: true,
  safeUpdate: false,
}
const catalog = testCatalog()

const plan = (line: RequestLine, options = planOptions) =>
  planRequest(parseLine(line), catalog, options) as RunningPlan

/** The answer to a query that gave one row of these cells. */
function answerTo(line: RequestLine, cells: readonly (string | null)[]) {
  const planned = plan(line)
  const encoded = cells.map((cell) => (cell === null ? null : new TextEncoder().encode(cell)))
  return respond(planned, parseLine(line), readOutcome(encoded, planned.kind))
}

const raise = (message: string, detail: string | null) => {
  const fields = { C: 'PGRST', M: message, ...(detail === null ? {} : { D: detail }) }
  throw describeFailure(new DatabaseError(fields, null), false)
}

const strict = { prefer: 'handling=strict, max-affected=1' }
const object = { accept: 'application/vnd.pgrst.object+json' }

/** Every code of the three tables: what provokes it, and the body it is answered with. */
const provocations: readonly [
  code: string,
  status: number,
  provoke: () => unknown,
  body: object,
][] = [
  [
    'PGRST100',
    400,
    () => parseLine({ line: 'GET /todos?id=0' }),
    {
      message: '"failed to parse filter (0)" (line 1, column 1)',
      details: 'unexpected "0" expecting "not" or operator (eq, gt, ...)',
    },
  ],
  [
    'PGRST101',
    405,
    () => parseLine({ line: 'DELETE /rpc/add' }),
    { message: 'Cannot use the DELETE method on RPC' },
  ],
  [
    'PGRST102',
    400,
    () => parseLine({ line: 'POST /projects', body: '{"id":' }),
    { message: 'Empty or invalid json' },
  ],
  [
    'PGRST103',
    416,
    () => parseLine({ line: 'GET /projects?limit=-1' }),
    {
      message: 'Requested range not satisfiable',
      details: 'Limit should be greater than or equal to zero.',
    },
  ],
  [
    'PGRST105',
    405,
    () => plan({ line: 'PUT /projects?name=eq.x', body: '{"id":1}' }),
    { message: "Filters must include all and only primary key columns with 'eq' operators" },
  ],
  [
    'PGRST106',
    406,
    () => parseLine({ line: 'GET /projects', headers: { 'accept-profile': 'secret' } }),
    { message: 'Invalid schema: secret', hint: 'Only the following schemas are exposed: public' },
  ],
  [
    'PGRST107',
    406,
    () => plan({ line: 'GET /projects', headers: { accept: 'text/plain' } }),
    { message: 'None of these media types are available: text/plain' },
  ],
  [
    'PGRST108',
    400,
    () => plan({ line: 'GET /projects?clients.name=eq.x' }),
    {
      message: "'clients' is not an embedded resource in this request",
      hint: "Verify that 'clients' is included in the 'select' query parameter.",
    },
  ],
  [
    'PGRST111',
    500,
    () => answerTo({ line: 'GET /projects' }, [null, '0', '{"a":"b"}', null, '[]']),
    {
      message:
        'response.headers guc must be a JSON array composed of objects with a single key and a string value',
    },
  ],
  [
    'PGRST112',
    500,
    () => answerTo({ line: 'GET /projects' }, [null, '0', null, 'teapot', '[]']),
    { message: 'response.status guc must be a valid status code' },
  ],
  [
    'PGRST114',
    400,
    () => parseLine({ line: 'PUT /projects?id=eq.1&limit=1', body: '{"id":1}' }),
    { message: 'limit/offset querystring parameters are not allowed for PUT' },
  ],
  [
    'PGRST115',
    400,
    () => checkRows(plan({ line: 'PUT /projects?id=eq.1', body: '{"id":2}' }), 0),
    { message: 'Payload values do not match URL in primary key column(s)' },
  ],
  [
    'PGRST116',
    406,
    () => answerTo({ line: 'GET /projects', headers: object }, [null, '2', '{}', null, null]),
    {
      message: 'Cannot coerce the result to a single JSON object',
      details: 'The result contains 2 rows',
    },
  ],
  [
    'PGRST117',
    405,
    () => parseLine({ line: 'TRACE /projects' }),
    { message: 'Unsupported HTTP method: TRACE' },
  ],
  [
    'PGRST118',
    400,
    () => plan({ line: 'GET /clients?select=*,projects(*)&order=projects(name)' }),
    {
      message: "A related order on 'projects' is not possible",
      details: "'clients' and 'projects' do not form a many-to-one or one-to-one relationship",
    },
  ],
  [
    'PGRST121',
    500,
    () => raise('{"code":"1","message":"m"}', null),
    {
      message: `Could not parse JSON in the "RAISE SQLSTATE 'PGRST'" error`,
      details: 'DETAIL is missing in the RAISE statement',
      hint: "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: 'status_text'.",
    },
  ],
  [
    'PGRST122',
    400,
    () => plan({ line: 'GET /projects', headers: { prefer: 'handling=strict, anything' } }),
    {
      message: 'Invalid preferences given with handling=strict',
      details: 'Invalid preferences: anything',
    },
  ],
  [
    'PGRST123',
    400,
    () => plan({ line: 'GET /projects?select=id.sum()' }, { ...planOptions, aggregates: false }),
    { message: 'Use of aggregate functions is not allowed' },
  ],
  [
    'PGRST124',
    400,
    () => checkRows(plan({ line: 'DELETE /projects?id=gt.0', headers: strict }), 2),
    {
      message: 'Query result exceeds max-affected preference constraint',
      details: 'The query affects 2 rows',
    },
  ],
  [
    'PGRST125',
    404,
    () => parseLine({ line: 'GET /a/b/c' }),
    { message: 'Invalid path specified in request URL' },
  ],
  [
    'PGRST127',
    400,
    () => plan({ line: 'GET /clients?select=name,...projects(id.sum())' }),
    {
      message: 'Feature not implemented',
      details: 'Aggregates are not implemented for one-to-many or many-to-many spreads.',
    },
  ],
  [
    'PGRST128',
    400,
    () => plan({ line: 'POST /rpc/touch', headers: strict }),
    {
      message:
        'Function must return SETOF or TABLE when max-affected preference is used with handling=strict',
    },
  ],
  [
    'PGRST200',
    400,
    () => plan({ line: 'GET /projects?select=client(*)' }),
    {
      message: "Could not find a relationship between 'projects' and 'client' in the schema cache",
      details:
        "Searched for a foreign key relationship between 'projects' and 'client' in the schema 'public', but no matches were found.",
      hint: "Perhaps you meant 'clients' instead of 'client'.",
    },
  ],
  [
    'PGRST201',
    300,
    () => {
      const request = parseLine({ line: 'GET /projects?select=clients(*)' })
      return planRequest(request, testCatalog([ambiguousKey]), planOptions)
    },
    {
      message:
        "Could not embed because more than one relationship was found for 'projects' and 'clients'",
      details: [
        {
          cardinality: 'many-to-one',
          embedding: 'projects with clients',
          relationship: 'projects_backup_id_fkey using projects(backup_id) and clients(id)',
        },
        {
          cardinality: 'many-to-one',
          embedding: 'projects with clients',
          relationship: 'projects_client_id_fkey using projects(client_id) and clients(id)',
        },
      ],
      hint: "Try changing 'clients' to one of the following: 'clients!projects_backup_id_fkey', 'clients!projects_client_id_fkey'. Find the desired relationship in the 'details' key.",
    },
  ],
  [
    'PGRST202',
    404,
    () => plan({ line: 'GET /rpc/add?a=1&c=2' }),
    {
      message: 'Could not find the function public.add(a, c) in the schema cache',
      details:
        'Searched for the function public.add with parameters a, c, but no matches were found in the schema cache.',
      hint: 'Perhaps you meant to call the function public.add(a, b)',
    },
  ],
  [
    'PGRST203',
    300,
    () => plan({ line: 'GET /rpc/twice?x=1' }),
    {
      message:
        'Could not choose the best candidate function between: public.twice(x => integer), public.twice(x => text)',
      hint: 'Try renaming the parameters or the function itself in the database so function overloading can be resolved',
    },
  ],
  [
    'PGRST204',
    400,
    () => plan({ line: 'POST /projects', body: '{"nme":"x"}' }),
    { message: "Could not find the 'nme' column of 'projects' in the schema cache" },
  ],
  [
    'PGRST205',
    404,
    () => plan({ line: 'GET /projectx' }),
    {
      message: "Could not find the table 'public.projectx' in the schema cache",
      hint: "Perhaps you meant the table 'public.projects'",
    },
  ],
  [
    'PGRST000',
    503,
    () => {
      throw describeFailure(new ConnectionError('connect', 'refused'), false)
    },
    { message: 'Database connection error.' },
  ],
  [
    'PGRST001',
    503,
    () => {
      throw describeFailure(new ConnectionError('closed', 'gone'), false)
    },
    { message: 'Database client error. Retrying the connection.' },
  ],
  [
    'PGRST003',
    504,
    () => {
      throw describeFailure(new ConnectionError('pool-timeout', 'late'), false)
    },
    { message: 'Timed out acquiring connection from connection pool.' },
  ],
  [
    '53400',
    503,
    () => {
      throw describeFailure(new ConnectionError('streams-full', '8 are being read'), false)
    },
    { message: '8 are being read', hint: expect.stringContaining('fewer rows') },
  ],
  [
    'PGRST301',
    401,
    () => {
      const message = 'No suitable key or wrong key type'
      return requireCaller({ ok: false, failure: 'signature', message }, {})
    },
    {
      message: 'No suitable key or wrong key type',
      details: 'None of the keys was able to decode the JWT',
    },
  ],
  [
    'PGRST303',
    401,
    () => requireCaller({ ok: false, failure: 'expired', message: 'JWT expired' }, {}),
    { message: 'JWT expired' },
  ],
  [
    '22021',
    400,
    () => parseLine({ line: 'GET /projects?name=eq.%ff' }),
    { message: 'invalid byte sequence for encoding "UTF8": 0xff' },
  ],
]

function bodyOf({ body }: HttpResponse): unknown {
  return typeof body === 'string' ? JSON.parse(body) : body
}

function thrownBy(provoke: () => unknown): PlatformError {
  try {
    provoke()
  } catch (error) {
    if (error instanceof PlatformError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

for (const [code, status, provoke, body] of provocations) {
  test(`${code} is answered with status ${status} and PostgREST's words`, () => {
    const response = errorResponse(thrownBy(provoke))
    expect(response.status).toBe(status)
    expect(response.headers['proxy-status']).toBe(`PostgREST; error=${code}`)
    expect(bodyOf(response)).toEqual({ code, details: null, hint: null, ...body })
  })
}

test('every code of the tables is provoked', () => {
  const tables = { ...requestErrors, ...planErrors, ...responseErrors }
  // a database that cannot be reached: catalog-keeper.db.test.ts; options: options.db.test.ts
  const elsewhere = [
    'cancelled',
    'tooManyEmbeds',
    'PGRST002',
    'PGRST126',
    'aliasedTarget',
    'unfiltered',
  ]
  const codes = Object.keys(tables).filter((code) => !elsewhere.includes(code))
  expect(provocations.map(([code]) => code).sort()).toEqual(codes.sort())
})

test('a refused token names the reason in WWW-Authenticate', () => {
  const error = thrownBy(() =>
    requireCaller({ ok: false, failure: 'expired', message: 'JWT expired' }, {}),
  )
  expect(error.headers).toEqual({
    'www-authenticate': 'Bearer error="invalid_token", error_description="JWT expired"',
  })
})

test('an unsecured token is named as such', () => {
  const authorization = `Bearer ${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`
  const message = 'Wrong or unsupported encoding algorithm'
  const error = thrownBy(() =>
    requireCaller({ ok: false, failure: 'algorithm', message }, { authorization }),
  )
  expect(error.details).toBe("JWT is unsecured but expected 'alg' was not 'none'")
})

test("raise sqlstate 'PGRST' decides status, headers and body", () => {
  const error = thrownBy(() =>
    raise(
      '{"code":"123","message":"ABC","hint":"XYZ"}',
      '{"status":332,"headers":{"X-Header":"str"}}',
    ),
  )
  const response = errorResponse(error)
  expect(response.status).toBe(332)
  expect(response.headers['x-header']).toBe('str')
  expect(bodyOf(response)).toEqual({
    code: '123',
    message: 'ABC',
    details: null,
    hint: 'XYZ',
  })
})

test('a missing privilege asks an anonymous caller for a token and refuses any other', () => {
  const denied = new DatabaseError({ C: '42501', M: 'permission denied for table t' }, null)
  expect(describeFailure(denied, true)).toMatchObject({
    status: 401,
    headers: { 'www-authenticate': 'Bearer' },
  })
  expect(describeFailure(denied, false)).toMatchObject({ status: 403, headers: {} })
})

test('an error we do not know passes through untouched', () => {
  const error = new TypeError('oops')
  expect(describeFailure(error, false)).toBe(error)
})
