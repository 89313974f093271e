/** How many rows a read has without its limit: the filters of the tree, embedded resources as EXISTS. */
import type { ReadNode } from '#services/data-api/plan'
import { renderConditions, renderFrom } from './render-tree.ts'
import { renderLogic, renderWhere } from './render-logic.ts'
import type { RenderEmpty } from './render-logic.ts'
import type { Writer } from './writer.ts'

/** One row for each counted row. */
export function renderCounted(writer: Writer, node: ReadNode): string {
  const exists = (embed: ReadNode): string => `EXISTS (${renderCounted(writer, embed)})`
  const renderEmpty: RenderEmpty = ({ alias, negated }) => {
    const embed = node.embeds.find((candidate) => candidate.alias === alias)
    return embed === undefined ? 'TRUE' : `${negated ? '' : 'NOT '}${exists(embed.node)}`
  }
  const where = renderWhere([
    ...renderConditions(node),
    ...node.where.map((logic) => renderLogic(writer, logic, renderEmpty)),
    ...node.embeds.filter((embed) => embed.inner).map((embed) => exists(embed.node)),
  ])
  return `SELECT 1 FROM ${renderFrom(node)}${where}`
}
