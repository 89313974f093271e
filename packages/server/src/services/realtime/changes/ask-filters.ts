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
/** For a statement, for a condition asked alone because its statement took too long, and for what is weighty in a batch. */
const allowed = { statementMs: 2_000, conditionMs: 500, weightyMs: 4_000 }
const patterns = new Set(['like', 'ilike', 'match', 'imatch'])
/**
 * Characters of a value times those of a pattern: `like` may compare each with each, 1,000,000 in a millisecond, and
 * cannot be interrupted. Together, and from where on it counts.
 */
const weight = { atOnce: 500_000_000, least: 100_000 }

interface Outcome {
  readonly answers: Map<Question, boolean>
  readonly tooSlow: Set<string>
}

export async function askFilters(
  project: Project,
  questions: readonly Question[],
): Promise<FilterAnswers> {
  const outcome: Outcome = { answers: new Map(), tooSlow: new Set() }
  const light = questions.filter((question) => weightOf(question) < weight.least)
  await askIn(project, portionsOf(light), outcome, Infinity)
  const weighty = questions.filter((question) => weightOf(question) >= weight.least)
  const until = performance.now() + allowed.weightyMs
  await askIn(project, portionsOf(weighty), outcome, until)
  return outcome
}

function weightOf({ condition: { op, value: pattern }, value }: Question): number {
  return patterns.has(op) ? pattern.length * (value?.length ?? 0) : 0
}

/** Those of longer standing come first: who has come with something slow has not been here before. */
function* portionsOf(questions: readonly Question[]): Iterable<readonly Question[]> {
  let portion: Question[] = []
  let sum = 0
  for (const question of questions) {
    const own = weightOf(question)
    if (portion.length === atOnce || (portion.length > 0 && sum + own > weight.atOnce)) {
      yield portion
      portion = []
      sum = 0
    }
    portion.push(question)
    sum += own
  }
  if (portion.length > 0) yield portion
}

async function askIn(
  project: Project,
  portions: Iterable<readonly Question[]>,
  outcome: Outcome,
  until: number,
): Promise<void> {
  for (const portion of portions) {
    const leftMs = Math.min(until - performance.now(), allowed.statementMs)
    const isHopeless = leftMs < 1 || portion.some((each) => weightOf(each) > weight.atOnce)
    const answers = isHopeless ? null : await tryAll(project, portion, leftMs)
    if (answers === null) await askEach(project, portion, outcome, until)
    else for (const [question, holds] of answers) outcome.answers.set(question, holds)
  }
}

async function askEach(
  project: Project,
  questions: readonly Question[],
  { answers, tooSlow }: Outcome,
  until: number,
): Promise<void> {
  const end = Math.min(until, performance.now() + allowed.weightyMs)
  for (const [key, own] of groupBy(questions, ({ condition }) => conditionKey(condition))) {
    const leftMs = Math.min(end - performance.now(), allowed.conditionMs)
    const isHopeless = leftMs < 1 || own.some((each) => weightOf(each) > weight.atOnce)
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
