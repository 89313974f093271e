/**
 * Triggers of the platform's own schemas, as `supabase db pull` writes them into migrations: they are there already, or belong
 * to a version of Storage whose functions are gone. Made where they can be, left out otherwise.
 */
import type { CreateTrigStmt } from 'libpg-query'
import { quoteLiteral } from '#base/sql'
import type { Adapted } from './adapted.ts'
import { namesOf } from './parse-statement.ts'

const platformSchemas = new Set(['auth', 'realtime', 'storage'])

/** Null for every trigger that runs a function of the project, wherever it is. */
export function adaptPlatformTrigger(statement: CreateTrigStmt, text: string): Adapted | null {
  const { relation, funcname, trigname = '', replace } = statement
  const schema = relation?.schemaname ?? ''
  const [ofFunction] = namesOf(funcname)
  if (!platformSchemas.has(schema) || ofFunction !== schema || replace === true) return null
  const table = `${schema}.${relation?.relname ?? ''}`
  return {
    texts: [
      `do $basalt$ begin execute ${quoteLiteral(text)};
exception when duplicate_object or undefined_function or undefined_table then null; end $basalt$`,
    ],
    notice: `trigger "${trigname}" on ${table} is the platform's own: it is there already, or its function is gone`,
  }
}
