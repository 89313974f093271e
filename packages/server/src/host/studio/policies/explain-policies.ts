/** Who may do what with which rows, and which part of which policy said so. */
import type { Relation } from '#host/studio/catalog'
import type { Transaction } from '#base/db'
import { sql } from '#base/sql'
import { askedExpressions, groupsOf } from './asked-expressions.ts'
import type { Asked } from './asked-expressions.ts'
import { asCaller, evaluate, undone } from './evaluate.ts'
import { readExisting, readNew, renderWrite } from './find-rows.ts'
import type { FoundRow } from './find-rows.ts'
import { findCaller } from './find-caller.ts'
import { measurePolicies } from './measure-policies.ts'
import type { PolicyCost } from './measure-policies.ts'
import { findRelation, isAsked, readFacts, reasonBefore } from './policy-facts.ts'
import type { Facts } from './policy-facts.ts'
import type { Caller, PolicyQuestion } from './question.ts'
import { culpritOf } from './split-expression.ts'
import type { ValuedTree } from './split-expression.ts'

export interface PolicyVerdict {
  readonly policy: string
  readonly permissive: boolean
  readonly command: string
  readonly on: 'existing row' | 'new row'
  readonly expression: string
  /** Null counts as no. */
  readonly value: boolean | null
  readonly tree: ValuedTree
}

export interface RowVerdict {
  readonly key: readonly (string | null)[]
  readonly row: Readonly<Record<string, string | null>>
  readonly passes: boolean
  readonly by: readonly PolicyVerdict[]
  readonly reason: string
  /** The policy that refused it, and the part of it that was not true; null where none did. */
  readonly refused_by: { readonly policy: string; readonly expression: string } | null
}

export interface PolicyExplanation {
  readonly relation: { readonly oid: number; readonly schema: string; readonly name: string }
  readonly operation: PolicyQuestion['operation']
  readonly role: string
  readonly claims: Readonly<Record<string, unknown>>
  readonly grant: Facts['granted']
  /** Policies are asked. */
  readonly rls: boolean
  /** Why policies are not asked, or nothing else is; null where they decide. */
  readonly reason: string | null
  readonly rows: readonly RowVerdict[]
  /** What Postgres said to the statement itself, which was undone; null for reading, and where there was none. */
  readonly tried: { readonly rows: number; readonly error: string | null } | null
  readonly cost: readonly PolicyCost[]
}

/**
 * In a transaction of who may read all rows, write them and become the caller; to be rolled back. It is one snapshot
 * where its isolation is `repeatable read`. @throws studio_explain_invalid, studio_user_not_found
 */
export async function explainPolicies(
  transaction: Transaction,
  question: PolicyQuestion,
): Promise<PolicyExplanation> {
  const caller = await findCaller(transaction, question)
  const relation = await findRelation(transaction, question)
  const { operation } = question
  const facts = await readFacts(transaction, relation, caller.role, operation)
  const asked = isAsked(facts) ? askedExpressions(relation, facts.policies, operation) : []
  const context: Context = { transaction, question, caller, relation, facts, asked }
  const { oid, schema, name } = relation
  return {
    relation: { oid, schema, name },
    operation,
    ...caller,
    grant: facts.schema_usage ? facts.granted : 'none',
    rls: isAsked(facts),
    reason: reasonBefore(facts, caller.role, operation),
    rows: await explainRows(context),
    tried: await tryStatement(context),
    cost: question.cost === true ? await measurePolicies(transaction, relation, caller, asked) : [],
  }
}

interface Context {
  readonly transaction: Transaction
  readonly question: PolicyQuestion
  readonly caller: Caller
  readonly relation: Relation
  readonly facts: Facts
  readonly asked: readonly Asked[]
}

async function explainRows(context: Context): Promise<RowVerdict[]> {
  const { transaction, question, relation } = context
  const isInsert = question.operation === 'insert'
  const existing = isInsert ? [] : await readExisting(transaction, relation, question)
  const writes = isInsert || question.operation === 'update'
  const after = writes ? await readNew(transaction, relation, question) : null
  if (isInsert) return after === null ? [] : [await explainRow(context, null, after)]
  const verdicts: RowVerdict[] = []
  for (const row of existing) verdicts.push(await explainRow(context, row, after))
  return verdicts
}

async function explainRow(
  context: Context,
  before: FoundRow | null,
  after: FoundRow | null,
): Promise<RowVerdict> {
  const { transaction, caller, relation, facts, asked, question } = context
  const shown = (before ?? after) as FoundRow
  const early = reasonBefore(facts, caller.role, question.operation)
  if (early !== null) {
    const passes = facts.schema_usage && facts.granted !== 'none'
    return { key: shown.key, row: shown.shown, passes, by: [], reason: early, refused_by: null }
  }
  const by: PolicyVerdict[] = []
  const groups: string[] = []
  for (const [on, row] of [
    ['existing row', before],
    ['new row', after],
  ] as const) {
    if (row === null) continue
    const own = asked.filter((one) => one.on === on)
    const { value: trees } = await undone(transaction, () =>
      asCaller(transaction, caller, () => evaluate(transaction, relation, row.record, own)),
    )
    own.forEach((one, i) => {
      const tree = trees?.[i]
      if (tree === undefined) return
      by.push(verdictOf(one, tree))
      groups.push(one.group)
    })
  }
  const needed = groupsOf(question.operation, after !== null).map((group) =>
    decide(
      group,
      by.filter((_, i) => groups[i] === group),
    ),
  )
  const refusal = needed.find(({ passes }) => !passes)
  const { reason, refused_by: refusedBy } = refusal ?? (needed.at(-1) as Decision)
  const passes = refusal === undefined
  return { key: shown.key, row: shown.shown, passes, by, reason, refused_by: refusedBy }
}

function verdictOf({ policy, on, expression }: Asked, tree: ValuedTree): PolicyVerdict {
  const { name, permissive, command } = policy
  return { policy: name, permissive, command, on, expression, value: tree.value, tree }
}

interface Decision {
  readonly passes: boolean
  readonly reason: string
  readonly refused_by: RowVerdict['refused_by']
}

/** All of the restrictive ones, then any of the permissive ones; without one of these nothing passes. */
function decide(group: string, verdicts: readonly PolicyVerdict[]): Decision {
  const refusing = verdicts.find(({ permissive, value }) => !permissive && value !== true)
  if (refusing !== undefined) {
    const blamed = blame(refusing)
    const said = `The restrictive policy “${refusing.policy}” refuses it: ${blamed.expression} is ${wordOf(refusing)}`
    return { passes: false, reason: said, refused_by: blamed }
  }
  const permissive = verdicts.filter((verdict) => verdict.permissive)
  const admitting = permissive.find(({ value }) => value === true)
  if (admitting !== undefined)
    return {
      passes: true,
      reason: `The policy “${admitting.policy}” lets it pass`,
      refused_by: null,
    }
  const [first] = permissive
  if (first === undefined)
    return { passes: false, reason: `No policy lets anything pass for ${group}`, refused_by: null }
  const blamed = blame(first)
  const others =
    permissive.length > 1 ? `, and none of the ${permissive.length - 1} others lets it pass` : ''
  const reason = `The policy “${first.policy}” does not let it pass for ${group}: ${blamed.expression} is ${wordOf(first)}${others}`
  return { passes: false, reason, refused_by: blamed }
}

const blame = ({ policy, tree }: PolicyVerdict): { policy: string; expression: string } => ({
  policy,
  expression: culpritOf(tree).expression,
})

function wordOf({ tree }: PolicyVerdict): string {
  const { value, error } = culpritOf(tree)
  if (error !== null) return `an error (${error})`
  return value === null ? 'null' : 'false'
}

/** The statement as the caller, undone; sequences go on counting, and what functions tell the outside is told. */
async function tryStatement(context: Context): Promise<PolicyExplanation['tried']> {
  const { transaction, question, caller, relation } = context
  if (question.operation === 'select') return null
  const statement = renderWrite(relation, question)
  if (statement === null) return null
  const { value, error } = await undone(transaction, () =>
    asCaller(transaction, caller, () => transaction.run(sql`/* studio.tryWrite */ ${statement}`)),
  )
  if (error !== null) return { rows: 0, error: `${error.message} (SQLSTATE ${error.code})` }
  return { rows: value?.[0]?.rowCount ?? 0, error: null }
}
