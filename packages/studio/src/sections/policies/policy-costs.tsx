/** What policies cost on all rows of the table, and what would make them cheap. */
import { useState } from 'react'
import type { ReactElement } from 'react'
import { refusal, useSession } from '#studio/api'
import { ident, qualified } from '#studio/catalog'
import type { Relation } from '#studio/catalog'
import { SqlDialog } from '#studio/ddl'
import { Badge, Button, CodeSample, count, milliseconds } from '#studio/ui'
import type { Advice, Cost, PlanNode } from './explained.ts'

interface CostsProps {
  readonly projectRef: string
  readonly relation: Relation
}

export function PolicyCosts({
  projectRef,
  relation,
  costs,
}: CostsProps & { readonly costs: readonly Cost[] }): ReactElement {
  const [sql, setSql] = useState<string | null>(null)
  return (
    <section className="stack tight" aria-label="Cost">
      <h2>Cost</h2>
      {costs.map((cost) => (
        <div className="card" key={`${cost.policy} ${cost.expression}`}>
          <header>
            <h3 className="policy-name">{cost.policy}</h3>
            <span className="muted">
              {cost.ms === null
                ? 'longer than 5 s'
                : `${milliseconds(cost.ms)} on ${cost.rows === null ? 'all' : count(cost.rows)} rows`}
            </span>
          </header>
          <div className="body stack">
            <code>{cost.expression}</code>
            {cost.advice.length === 0 && (
              <p className="muted">Nothing is known that would make it cheaper.</p>
            )}
            {cost.advice.map((advice) => (
              <AdviceView
                key={advice.sql}
                cost={cost}
                advice={advice}
                onTake={() => setSql(statementOf(relation, cost, advice))}
              />
            ))}
          </div>
        </div>
      ))}
      <SqlDialog
        projectRef={projectRef}
        title="Make the policy cheaper"
        sql={sql}
        migrationName={`cheaper_policy_of_${relation.name}`}
        onClose={() => setSql(null)}
      />
    </section>
  )
}

function AdviceView({
  cost,
  advice,
  onTake,
}: {
  readonly cost: Cost
  readonly advice: Advice
  readonly onTake: () => void
}): ReactElement {
  const { kind, sql, before_ms: before, after_ms: after, note } = advice
  const refused = refusal(useSession().data?.operator?.role, 'developer')
  return (
    <div className="stack tight">
      <div className="row wrap">
        <Badge kind="info">{kind}</Badge>
        <span>
          {before === null ? 'longer than 5 s' : milliseconds(before)} →{' '}
          {after === null ? 'not tried' : milliseconds(after)}
        </span>
        {note !== null && <span className="muted">{note}</span>}
        <span className="spacer" />
        <Button size="small" refusal={refused} onClick={onTake}>
          Make it a migration
        </Button>
      </div>
      <CodeSample code={sql} label={kind} wrap />
      <div className="cards">
        <Plan label="Plan before" plan={cost.plan} />
        {advice.plan !== null && <Plan label="Plan after" plan={advice.plan} />}
      </div>
    </div>
  )
}

function Plan({
  label,
  plan,
}: {
  readonly label: string
  readonly plan: PlanNode | null
}): ReactElement | null {
  if (plan === null) return null
  return (
    <div className="stack tight" style={{ minWidth: 0 }}>
      <span className="muted small">{label}</span>
      <CodeSample code={linesOf(plan, 0).join('\n')} label={label.toLowerCase()} />
    </div>
  )
}

function linesOf(node: PlanNode, depth: number): string[] {
  const space = '  '.repeat(depth)
  const where = node['Index Name'] ?? node['Relation Name']
  const removed = node['Rows Removed by Filter']
  return [
    `${space}${node['Node Type']}${where === undefined ? '' : ` on ${where}`}`,
    ...(node['Index Cond'] === undefined ? [] : [`${space}  index: ${node['Index Cond']}`]),
    ...(node.Filter === undefined ? [] : [`${space}  filter: ${node.Filter}`]),
    ...(removed === undefined || removed === 0
      ? []
      : [`${space}  removed by it: ${count(removed)} rows`]),
    ...(node.Plans ?? []).flatMap((child) => linesOf(child, depth + 1)),
  ]
}

function statementOf(relation: Relation, { policy, expression }: Cost, advice: Advice): string {
  if (advice.kind === 'index') return `${advice.sql.replace(/;\s*$/, '')};`
  const known = relation.policies.find(({ name }) => name === policy)
  const parts = [
    ...(known?.using === expression ? [`using (${advice.sql})`] : []),
    ...(known?.check === expression ? [`with check (${advice.sql})`] : []),
  ]
  const clauses = parts.length === 0 ? [`using (${advice.sql})`] : parts
  return `alter policy ${ident(policy)} on ${qualified(relation.schema, relation.name)}\n  ${clauses.join('\n  ')};`
}
