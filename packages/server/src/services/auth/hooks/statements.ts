/** A hook that is a Postgres function: one jsonb in, one out, in bounded time. */
import { identifier, sql } from '#base/sql'
import type { Statement } from '#base/sql'

export function callHook(schema: string, name: string, input: string): Statement {
  return sql`/* auth.callHook */ select ${identifier(schema, name)}(${input}::jsonb) as output`
}

/** For the statements that follow in the transaction. */
export function limitHookTime(ms: number): Statement {
  return sql`/* auth.limitHookTime */ select set_config('statement_timeout', ${String(ms)}, true)`
}

export function liftHookTime(): Statement {
  return sql`/* auth.liftHookTime */ set local statement_timeout to default`
}
