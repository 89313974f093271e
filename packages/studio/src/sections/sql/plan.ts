/** EXPLAIN's JSON → a tree that says where the time went. */

interface RawPlan {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly Schema?: string
  readonly Alias?: string
  readonly 'Index Name'?: string
  readonly 'Function Name'?: string
  readonly 'CTE Name'?: string
  readonly 'Total Cost': number
  readonly 'Plan Rows': number
  readonly 'Actual Total Time'?: number
  readonly 'Actual Rows'?: number
  readonly 'Actual Loops'?: number
  readonly 'Rows Removed by Filter'?: number
  readonly Filter?: string
  readonly 'Index Cond'?: string
  readonly 'Hash Cond'?: string
  readonly 'Join Filter'?: string
  readonly 'Sort Key'?: readonly string[]
  readonly 'Sort Space Type'?: string
  readonly 'Sort Space Used'?: number
  readonly 'Temp Written Blocks'?: number
  readonly Plans?: readonly RawPlan[]
}

export interface PlanNode {
  readonly id: number
  readonly depth: number
  readonly title: string
  /** Conditions, as Postgres writes them. */
  readonly details: readonly string[]
  /** Of itself, without what is below: ms where it was measured, else the planner's cost. */
  readonly own: number
  readonly rows: number
  readonly estimate: number
  readonly loops: number
  /** What is worth a look. */
  readonly marks: readonly string[]
}

export interface PlanView {
  readonly nodes: readonly PlanNode[]
  readonly isMeasured: boolean
  readonly costliest: number
  readonly most: number
  readonly planningMs: number | null
  readonly executionMs: number | null
}

export function viewPlan(json: unknown): PlanView | null {
  const [top] = Array.isArray(json) ? (json as unknown[]) : []
  if (typeof top !== 'object' || top === null || !('Plan' in top)) return null
  const { Plan: plan, ...times } = top as {
    readonly Plan: RawPlan
    readonly 'Planning Time'?: number
    readonly 'Execution Time'?: number
  }
  const isMeasured = plan['Actual Total Time'] !== undefined
  const nodes: PlanNode[] = []
  walk(plan, 0, isMeasured, nodes)
  const most = Math.max(...nodes.map(({ own }) => own), 0)
  return {
    nodes,
    isMeasured,
    most,
    costliest: nodes.find(({ own }) => own === most)?.id ?? 0,
    planningMs: times['Planning Time'] ?? null,
    executionMs: times['Execution Time'] ?? null,
  }
}

const totalOf = (plan: RawPlan, isMeasured: boolean): number =>
  isMeasured ? (plan['Actual Total Time'] ?? 0) * (plan['Actual Loops'] ?? 1) : plan['Total Cost']

function walk(plan: RawPlan, depth: number, isMeasured: boolean, into: PlanNode[]): void {
  const below = plan.Plans ?? []
  const spent = below.reduce((sum, child) => sum + totalOf(child, isMeasured), 0)
  into.push({
    id: into.length,
    depth,
    title: titleOf(plan),
    details: detailsOf(plan),
    own: Math.max(0, totalOf(plan, isMeasured) - spent),
    rows: plan['Actual Rows'] ?? plan['Plan Rows'],
    estimate: plan['Plan Rows'],
    loops: plan['Actual Loops'] ?? 1,
    marks: marksOf(plan, isMeasured),
  })
  for (const child of below) walk(child, depth + 1, isMeasured, into)
}

function titleOf(plan: RawPlan): string {
  const on = plan['Relation Name'] ?? plan['Function Name'] ?? plan['CTE Name']
  const by = plan['Index Name']
  return `${plan['Node Type']}${on === undefined ? '' : ` on ${on}`}${by === undefined ? '' : ` by ${by}`}`
}

function detailsOf(plan: RawPlan): string[] {
  const shown = ['Index Cond', 'Hash Cond', 'Join Filter', 'Filter'] as const
  return [
    ...shown.flatMap((name) => (plan[name] === undefined ? [] : [`${name}: ${plan[name]}`])),
    ...(plan['Sort Key'] === undefined ? [] : [`Sort Key: ${plan['Sort Key'].join(', ')}`]),
  ]
}

function marksOf(plan: RawPlan, isMeasured: boolean): string[] {
  const marks: string[] = []
  const removed = plan['Rows Removed by Filter'] ?? 0
  const rows = plan['Actual Rows'] ?? 0
  if (removed > 100 && removed > rows * 10)
    marks.push(
      `${new Intl.NumberFormat('en-US').format(removed)} rows read and dropped by the filter: an index may help`,
    )
  if (isMeasured) {
    const off = Math.max(rows, 1) / Math.max(plan['Plan Rows'], 1)
    if (off >= 10 || off <= 0.1)
      marks.push(`estimated ${plan['Plan Rows']} rows, were ${rows}: ANALYZE may help`)
  }
  if (plan['Sort Space Type'] === 'Disk')
    marks.push(`sorted on disk (${plan['Sort Space Used'] ?? 0} kB)`)
  else if ((plan['Temp Written Blocks'] ?? 0) > 0 && plan.Plans === undefined)
    marks.push('spilled to disk')
  return marks
}
