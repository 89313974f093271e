/** The columns a mutation or a call must give back for what is selected from it. */
import type { PlannedLogic, ReadNode } from './plan.ts'

/** `['*']` when everything is selected or an embedded function takes the whole row. */
export function planReturning(tree: ReadNode, primaryKey: readonly string[]): string[] {
  const names = new Set(tree.columns.map((column) => column.field.name))
  const wholeRow =
    names.has('*') ||
    (names.size === 0 && tree.embeds.length === 0) ||
    tree.embeds.some((embed) => embed.node.source.kind === 'routine')
  if (wholeRow) return ['*']
  for (const name of primaryKey) names.add(name)
  for (const { node } of tree.embeds) {
    for (const { left, right } of node.joins) {
      if (left.qualifier === tree.qualifier) names.add(left.name)
      if (right.qualifier === tree.qualifier) names.add(right.name)
    }
  }
  for (const { field } of tree.order) {
    if (field.qualifier === tree.qualifier) names.add(field.name)
  }
  for (const node of tree.where) addFields(node, names)
  return [...names].sort()
}

function addFields(node: PlannedLogic, names: Set<string>): void {
  if (node.kind === 'filter') names.add(node.field.name)
  if (node.kind === 'group') for (const child of node.nodes) addFields(child, names)
}
