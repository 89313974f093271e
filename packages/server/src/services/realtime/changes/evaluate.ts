/** Whether conditions hold for a row: what can be said for certain is said here, the rest by Postgres, all of a batch at once. */
import type { Project } from '#base/service'
import { parseArrayLiteral } from '#base/sql'
import { integerPattern, uuidPattern } from '#services/realtime/policies'
import type { Change, ColumnFacts, TableFacts } from '#services/realtime/rows'
import { askFilters } from './ask-filters.ts'
import type { Question } from './ask-filters.ts'
import type { Condition } from './filter.ts'

const integers = new Set([20, 21, 23])
const texts = new Set([25, 1043])
const uuid = 2950

export class Evaluation {
  readonly #project: Project
  readonly #questions = new Map<string, Question>()
  #answers: ReadonlyMap<string, boolean> = new Map()

  constructor(project: Project) {
    this.#project = project
  }

  /** Notes what has to be asked. */
  prepare(change: Change, table: TableFacts, conditions: readonly Condition[]): void {
    for (const condition of conditions) {
      const question = questionOf(change, table, condition)
      if (question !== null && decide(question) === null)
        this.#questions.set(keyOf(question), question)
    }
  }

  /** All must hold; a column that is not there holds for none. */
  holds(change: Change, table: TableFacts, conditions: readonly Condition[]): boolean {
    return conditions.every((condition) => {
      const question = questionOf(change, table, condition)
      if (question === null) return false
      return decide(question) ?? this.#answers.get(keyOf(question)) ?? false
    })
  }

  /** Returns keys of conditions that take too long. */
  async ask(): Promise<ReadonlySet<string>> {
    const questions = [...this.#questions.values()]
    if (questions.length === 0) return new Set()
    const { answers, tooSlow } = await askFilters(this.#project, questions)
    this.#answers = new Map([...answers].map(([question, holds]) => [keyOf(question), holds]))
    return tooSlow
  }
}

function questionOf(change: Change, table: TableFacts, condition: Condition): Question | null {
  const values = change.now ?? change.before
  const value = values?.get(condition.column)
  const column = table.byName.get(condition.column)
  return value === undefined || column === undefined ? null : { condition, column, value }
}

function keyOf({ condition: { op, value: other, negate }, column, value }: Question): string {
  return JSON.stringify([op, negate, other, column.type.oid, value])
}

/** Null where Postgres has to be asked. */
function decide({ condition, column, value }: Question): boolean | null {
  const { op, value: other, negate } = condition
  if (op === 'is' && other === 'null') return (value === null) !== negate
  if (op === 'is' || op === 'isdistinct') return null
  if (value === null) return false
  const isTrue = compare(op, value, other, column)
  return isTrue === null ? null : isTrue !== negate
}

function compare(op: string, value: string, other: string, column: ColumnFacts): boolean | null {
  const { oid } = column.type
  if (integers.has(oid)) return compareIntegers(op, value, other)
  const isExact =
    (texts.has(oid) && column.isPlainText) ||
    (oid === uuid && listed(op, other).every((item) => item !== null && uuidPattern.test(item)))
  if (!isExact) return null
  if (op === 'eq') return value === other
  if (op === 'neq') return value !== other
  return op === 'in' ? parseArrayLiteral(other).includes(value) : null
}

/** What a row's value is when it is equal to this one; null where that is not a matter of text. */
export function exactValue(
  { type: { oid }, isPlainText }: ColumnFacts,
  text: string,
): string | null {
  if (integers.has(oid)) return integerPattern.test(text) ? String(Number(text)) : null
  if (oid === uuid) return uuidPattern.test(text) ? text : null
  return texts.has(oid) && isPlainText ? text : null
}

function listed(op: string, other: string): readonly (string | null)[] {
  return op === 'in' ? parseArrayLiteral(other) : [other]
}

function compareIntegers(op: string, value: string, other: string): boolean | null {
  if (!integerPattern.test(value) || !integerPattern.test(other)) return null
  const [a, b] = [Number(value), Number(other)]
  switch (op) {
    case 'eq':
      return a === b
    case 'neq':
      return a !== b
    case 'lt':
      return a < b
    case 'lte':
      return a <= b
    case 'gt':
      return a > b
    case 'gte':
      return a >= b
    default:
      return null
  }
}
