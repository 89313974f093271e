/** Conditions that only Postgres can decide: asked of it together; one that takes too long is found, and holds up nobody for long. */
import { ConnectionError, DatabaseError, ownSession } from '#base/db'
import type { Project } from '#base/service'
import { arrayLiteral, sql } from '#base/sql'
import type { ColumnFacts } from '#services/realtime/rows'
import { conditionKey } from './filter.ts'
import type { Condition } from './filter.ts'
import { groupBy } from './group-by.ts'

/** A condition on a value whose type only Postgres knows how to compare. */
export interface Question {
  readonly condition: Condition
  readonly column: ColumnFacts
  readonly value: string | null
}

export interface FilterAnswers {
  readonly answers: ReadonlyMap<Question, boolean>
  /** Keys of conditions. */
  readonly tooSlow: ReadonlySet<string>
}

/** In one statement, each of which takes some 20 µs. */
const atOnce = 1_000
/** For a statement, for a condition asked alone, and for all of these of a batch. */
const allowed = { statementMs: 2_000, conditionMs: 500, conditionsMs: 2_000 }
const patterns = new Set(['like', 'ilike', 'match', 'imatch'])
/** Characters of a value times those of a pattern: `like` may compare each with each, and cannot be interrupted. */
const heavy = { alone: 1_000_000, never: 500_000_000 }

export async function askFilters(
  project: Project,
  questions: readonly Question[],
): Promise<FilterAnswers> {
  const outcome = { answers: new Map<Question, boolean>(), tooSlow: new Set<string>() }
  const light = questions.filter((question) => weightOf(question) <= heavy.alone)
  for (let at = 0; at < light.length; at += atOnce) {
    const some = light.slice(at, at + atOnce)
    const answers = await tryAll(project, some, allowed.statementMs)
    if (answers === null) await askEach(project, some, outcome)
    else for (const [question, holds] of answers) outcome.answers.set(question, holds)
  }
  const others = questions.filter((question) => weightOf(question) > heavy.alone)
  await askEach(project, others, outcome)
  return outcome
}

function weightOf({ condition: { op, value: pattern }, value }: Question): number {
  return patterns.has(op) ? pattern.length * (value?.length ?? 0) : 0
}

/** Those of longer standing come first: who has come with something slow has not been here before. */
async function askEach(
  project: Project,
  questions: readonly Question[],
  { answers, tooSlow }: { answers: Map<Question, boolean>; tooSlow: Set<string> },
): Promise<void> {
  const until = performance.now() + allowed.conditionsMs
  for (const [key, own] of groupBy(questions, ({ condition }) => conditionKey(condition))) {
    const leftMs = Math.min(until - performance.now(), allowed.conditionMs)
    const isHopeless = leftMs < 1 || own.some((question) => weightOf(question) > heavy.never)
    const outcome = isHopeless ? null : await tryAll(project, own, leftMs)
    if (outcome === null) tooSlow.add(key)
    else for (const [question, holds] of outcome) answers.set(question, holds)
  }
}

/** Null when it takes too long. What cannot be answered (the column has another type since) is false, and not held against the others. */
async function tryAll(
  project: Project,
  questions: readonly Question[],
  timeoutMs: number,
): Promise<ReadonlyMap<Question, boolean> | null> {
  try {
    return await askAll(project, questions, timeoutMs)
  } catch (error) {
    if (isTooSlow(error)) return null
    if (!(error instanceof DatabaseError)) throw error
    if (questions.length === 1) return new Map()
  }
  const middle = questions.length >> 1
  const halves = [questions.slice(0, middle), questions.slice(middle)]
  const answers = new Map<Question, boolean>()
  for (const half of halves) {
    const outcome = await tryAll(project, half, timeoutMs)
    if (outcome === null) return null
    for (const [question, holds] of outcome) answers.set(question, holds)
  }
  return answers
}

/** Not where there was no connection to be had. */
function isTooSlow(error: unknown): boolean {
  if (!(error instanceof ConnectionError) || error.failure !== 'deadline') return false
  return error.cause instanceof DatabaseError
}

async function askAll(
  { db }: Project,
  questions: readonly Question[],
  timeoutMs: number,
): Promise<ReadonlyMap<Question, boolean>> {
  const column = (pick: (question: Question) => string | null): string =>
    arrayLiteral(questions.map(pick))
  const [result] = await db.transaction(
    ownSession,
    [
      sql`/* realtime.checkFilters */
        select coalesce(realtime.check_equality_op(op::realtime.equality_op, type::oid::regtype, value, other, negate), false)
        from unnest(${column(({ condition }) => condition.op)}::text[],
          ${column(({ column: { type } }) => String(type.oid))}::text[],
          ${column(({ value }) => value)}::text[], ${column(({ condition }) => condition.value)}::text[],
          ${column(({ condition }) => String(condition.negate))}::boolean[])
          with ordinality as q (op, type, value, other, negate, at) order by at`,
    ],
    { leaves: 'nothing', timeoutMs },
  )
  return new Map(questions.map((question, i) => [question, result?.rows[i]?.[0]?.[0] === 0x74]))
}
