/** A plan as a tree: how much each step took by itself, the costliest one marked. */
import type { ReactElement } from 'react'
import { Badge, Notice, count, milliseconds } from '#studio/ui'
import { viewPlan } from './plan.ts'

export function PlanTree({ plan }: { readonly plan: unknown }): ReactElement {
  const view = viewPlan(plan)
  if (view === null) return <Notice>This statement has no plan.</Notice>
  return (
    <div className="plan" role="tree" aria-label="Plan">
      <p className="muted small" style={{ padding: '0 8px 8px' }}>
        {view.isMeasured
          ? `Planned in ${milliseconds(view.planningMs ?? 0)}, run in ${milliseconds(view.executionMs ?? 0)}. What it wrote was rolled back.`
          : 'Not run: the planner’s costs, that are no times.'}
      </p>
      {view.nodes.map((node) => (
        <div
          key={node.id}
          role="treeitem"
          aria-level={node.depth + 1}
          className={node.id === view.costliest ? 'plan-node costliest' : 'plan-node'}
        >
          <div style={{ paddingLeft: node.depth * 18, minWidth: 0 }}>
            <div className="row wrap">
              <strong>{node.title}</strong>
              {node.id === view.costliest && <Badge kind="warn">costliest</Badge>}
              {node.marks.map((mark) => (
                <Badge key={mark} kind="warn">
                  {mark}
                </Badge>
              ))}
            </div>
            {node.details.map((detail) => (
              <div key={detail} className="mono muted" style={{ overflowWrap: 'anywhere' }}>
                {detail}
              </div>
            ))}
            <div className="small muted">
              {count(node.rows)} rows{node.loops > 1 ? ` × ${count(node.loops)} loops` : ''}
              {view.isMeasured ? `, estimated ${count(node.estimate)}` : ''}
            </div>
          </div>
          <div className="plan-bar" aria-hidden>
            <div style={{ width: `${view.most === 0 ? 0 : (100 * node.own) / view.most}%` }} />
          </div>
          <span style={{ textAlign: 'right' }}>
            {view.isMeasured ? milliseconds(node.own) : count(Math.round(node.own))}
          </span>
        </div>
      ))}
    </div>
  )
}
