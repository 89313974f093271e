/** A plan as a few readable lines, for the golden file. */
import type {
  Plan,
  PlannedColumn,
  PlannedEmbed,
  PlannedField,
  PlannedLogic,
  ReadNode,
  RunningPlan,
} from '#services/data-api/plan'

export function describePlan(plan: Plan): string {
  if (plan.kind === 'info') return `info: allow ${plan.allow}`
  if (plan.kind === 'describe') return 'describe the schema'
  return [...describeHead(plan), ...describeNode(plan.tree).map((line) => `  ${line}`)].join('\n')
}

function describeHead(plan: RunningPlan): string[] {
  const strip =
    'stripNulls' in plan.rendering && plan.rendering.stripNulls ? ', nulls stripped' : ''
  const rendering = `rendered as ${plan.rendering.kind}${strip}`
  switch (plan.kind) {
    case 'read':
      return [`read ${plan.name}, ${rendering}`]
    case 'call':
      return [
        `call ${plan.routine.name} with ${plan.arguments.kind} arguments${plan.readOnly ? ', read only' : ''}, ${rendering}`,
      ]
    case 'mutation': {
      const { mutation } = plan
      const conflict =
        mutation.conflict === null
          ? ''
          : `, ${mutation.conflict.action} on (${mutation.conflict.columns.join(', ')})`
      const columns = mutation.columns.map(({ name }) => name).join(', ')
      return [
        `${mutation.kind} ${plan.name} (${columns})${conflict}, returning (${mutation.returning.join(', ')}), ${rendering}`,
        ...mutation.where.map((node) => `where ${describeLogic(node)}`),
      ]
    }
  }
}

function describeNode(node: ReadNode): string[] {
  const { columns, where, order, range, embeds, joins } = node
  return [
    `columns: ${columns.map(describeColumn).join(', ') || 'none'}`,
    ...joins.map(({ left, right }) => `joined: ${name(left)} = ${name(right)}`),
    ...where.map((logic) => `where: ${describeLogic(logic)}`),
    ...(order.length === 0
      ? []
      : [
          `order: ${order.map((term) => [describeField(term.field), term.direction, term.nulls && `nulls ${term.nulls}`].filter(Boolean).join(' ')).join(', ')}`,
        ]),
    ...(range === null
      ? []
      : [
          `range: limit ${typeof range.limit === 'object' ? (range.limit?.rows ?? null) : slot(range.limit)} offset ${slot(range.offset)} max ${range.maxRows}`,
        ]),
    ...embeds.flatMap((embed) => [
      describeEmbed(embed),
      ...describeNode(embed.node).map((line) => `  ${line}`),
    ]),
  ]
}

function describeEmbed(embed: PlannedEmbed): string {
  const via = embed.node.junction === null ? '' : ` via ${embed.node.junction.name.name}`
  return `${embed.inner ? 'inner' : 'left'} ${embed.shape} ${embed.name} as ${embed.alias}${via}${embed.hidden ? ' (hidden)' : ''}`
}

function describeColumn({ field, alias, cast, aggregate }: PlannedColumn): string {
  const base = describeField(field) + (cast === null ? '' : `::${cast}`)
  return (
    (aggregate === null ? base : `${aggregate}(${base})`) + (alias === null ? '' : ` as ${alias}`)
  )
}

function describeField({ qualifier, path, ...field }: PlannedField): string {
  const steps = path.map(({ asText, key }) => `${asText ? '->>' : '->'}${key}`)
  return `${name({ qualifier, name: field.name })}${steps.join('')}`
}

function describeLogic(node: PlannedLogic): string {
  const not = node.negated ? 'not ' : ''
  if (node.kind === 'group') {
    return `${not}${node.operator}(${node.nodes.map(describeLogic).join(', ')})`
  }
  if (node.kind === 'embed-empty') return `${not}empty(${node.alias})`
  const { kind, ...operation } = node.operation
  const details = Object.entries(operation)
    .filter(([, value]) => value !== null && value !== false)
    .map(([key, value]) =>
      key === 'value' || key === 'values'
        ? slot(value as number | string)
        : value === true
          ? key
          : value,
    )
  return `${not}${describeField(node.field)} ${kind} ${details.join(' ')}`
}

const name = ({
  qualifier,
  name: column,
}: {
  qualifier: readonly string[]
  name: string
}): string => [...qualifier, column].join('.')

const slot = (value: number | string | null): string =>
  typeof value === 'number' ? `{${value}}` : String(value)
