/** What a project's database holds: tables, policies, and SQL by role. */
import {
  anyObject,
  flag,
  integer,
  listOf,
  liveRecord,
  nullable,
  object,
  oneOf,
  text,
} from '#host/control-plane/route'
import type { ApiRoute } from '#host/control-plane/route'
import { isAtLeast } from '#host/control-plane/core'
import { jsonResponse } from '#base/http'

const column = object({
  name: text('Of the column', 63),
  type: text('As Postgres writes it'),
  nullable: flag('Whether it may be null'),
})

export const dataRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/projects/:ref/tables',
    least: 'read-only',
    summary: 'Tables with their columns, at most 2000',
    response: listOf(
      object({
        schema: text('Its schema', 63),
        name: text('Its name', 63),
        rls_enabled: flag('Policies decide who sees which row'),
        rls_forced: flag('For its owner too'),
        estimated_rows: integer('As Postgres last counted'),
        bytes: integer('With its indexes'),
        comment: nullable(text('Of the table', 10_000)),
        columns: listOf(column),
      }),
    ),
    handle: async (call) =>
      jsonResponse(200, await call.parts.inspector.tables(await liveRecord(call))),
  },
  {
    method: 'GET',
    path: '/projects/:ref/policies',
    least: 'read-only',
    summary: 'Policies of row level security, at most 2000',
    response: listOf(
      object({
        schema: text('Of the table', 63),
        table: text('Of the table', 63),
        name: text('Of the policy', 63),
        permissive: oneOf(['PERMISSIVE', 'RESTRICTIVE'], 'Whether one is enough or all are needed'),
        roles: listOf(text('Whom it is for', 63)),
        command: oneOf(['ALL', 'SELECT', 'INSERT', 'UPDATE', 'DELETE'], 'What it is for'),
        using: nullable(text('Which rows', 100_000)),
        check: nullable(text('Which new rows', 100_000)),
      }),
    ),
    handle: async (call) =>
      jsonResponse(200, await call.parts.inspector.policies(await liveRecord(call))),
  },
  {
    method: 'POST',
    path: '/projects/:ref/sql',
    least: 'read-only',
    summary:
      'Runs one statement in a transaction, as the role postgres; read-only operators in a read-only one',
    request: object({ query: { ...text('One statement', 500_000), minLength: 1 } }),
    response: object({
      columns: listOf(text('Name')),
      rows: listOf(anyObject('By column')),
      truncated: flag('There are more rows'),
      command: nullable(text('SELECT, UPDATE, …; null where rows are left', 40)),
      row_count: integer('Rows that are here, or that were changed'),
    }),
    audit: 'project.sql',
    handle: async (call) => {
      const { query } = call.body as { query: string }
      const readOnly = !isAtLeast(call.role, 'developer')
      const answer = await call.parts.inspector.sql(await liveRecord(call), query, readOnly)
      const { rowCount: row_count, ...rest } = answer
      return jsonResponse(200, { ...rest, row_count })
    },
  },
]
