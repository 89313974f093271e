/** Expressions of policies on one row, as the caller: what each part of them is. */
import { qualified } from '#host/studio/catalog'
import type { Relation } from '#host/studio/catalog'
import { DatabaseError } from '#base/db'
import type { Transaction } from '#base/db'
import { fragment, identifier, join, sql, verbatim } from '#base/sql'
import type { Asked } from './asked-expressions.ts'
import type { Caller } from './question.ts'
import { nodesOf, splitExpression } from './split-expression.ts'
import type { ExpressionTree, ValuedTree } from './split-expression.ts'

type Value = { readonly value: boolean | null; readonly error: string | null }

/** Runs `work` as the caller; the transaction is again who it was. */
export async function asCaller<T>(
  transaction: Transaction,
  { role, claims }: Caller,
  work: () => Promise<T>,
): Promise<T> {
  const [before] = await transaction.rows<{
    role: string
    claims: string | null
  }>(sql`/* studio.readCaller */
    select pg_catalog.current_setting('role') as role, pg_catalog.current_setting('request.jwt.claims', true) as claims`)
  const become = (name: string, token: string) =>
    transaction.rows(sql`/* studio.becomeCaller */
      select pg_catalog.set_config('request.jwt.claims', ${token}, true), pg_catalog.set_config('role', ${name}, true)`)
  await become(role, JSON.stringify(claims))
  const result = await work()
  await become(before?.role ?? 'none', before?.claims ?? '')
  return result
}

/** Undoes what `work` did, also where it failed. */
export async function undone<T>(
  transaction: Transaction,
  work: () => Promise<T>,
): Promise<{ readonly value: T | null; readonly error: DatabaseError | null }> {
  const say = (text: string) => transaction.run({ name: 'studio.savepoint', text, values: [] })
  await say('savepoint studio_try')
  try {
    return { value: await work(), error: null }
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    return { value: null, error }
  } finally {
    await say('rollback to savepoint studio_try')
    await say('release savepoint studio_try')
  }
}

/** `record`: the row as Postgres prints it. To be called as the caller. */
export async function evaluate(
  transaction: Transaction,
  relation: Relation,
  record: string,
  asked: readonly Asked[],
): Promise<ValuedTree[]> {
  const trees = asked.map(({ expression }) => splitExpression(expression))
  const expressions = [...new Set(trees.flatMap(nodesOf).map(({ expression }) => expression))]
  const values = await valuesOf(transaction, relation, record, expressions)
  return trees.map((tree) => valued(tree, values))
}

const nothing: Value = { value: null, error: null }

function valued(tree: ExpressionTree, values: ReadonlyMap<string, Value>): ValuedTree {
  const { op, expression, children } = tree
  const { value, error } = values.get(expression) ?? nothing
  return { op, expression, value, error, children: children.map((child) => valued(child, values)) }
}

/** All in one statement; where one of them fails, each by itself. */
async function valuesOf(
  transaction: Transaction,
  relation: Relation,
  record: string,
  expressions: readonly string[],
): Promise<Map<string, Value>> {
  const values = new Map<string, Value>()
  const read = async (some: readonly string[]): Promise<DatabaseError | null> => {
    const { value, error } = await undone(transaction, () =>
      transaction.rows<Record<string, boolean | null>>(statementOf(relation, record, some)),
    )
    const row = value?.[0]
    if (row !== undefined)
      some.forEach((expression, i) =>
        values.set(expression, { value: row[`v${i}`] ?? null, error: null }),
      )
    return error
  }
  if (expressions.length === 0 || (await read(expressions)) === null) return values
  for (const expression of expressions) {
    const error = await read([expression])
    if (error !== null) values.set(expression, { value: null, error: error.message })
  }
  return values
}

/** The row stands under the table's name and has its type: what an expression says of either is found. */
function statementOf(relation: Relation, record: string, expressions: readonly string[]) {
  const type = verbatim(qualified(relation))
  const columns = expressions.map(
    (expression, i) => fragment`(${verbatim(expression)}) as ${identifier(`v${i}`)}`,
  )
  return sql`/* studio.evaluatePolicies */
    select ${join(columns, ', ')} from pg_catalog.unnest(array[${record}::${type}]) as ${identifier(relation.name)}`
}
