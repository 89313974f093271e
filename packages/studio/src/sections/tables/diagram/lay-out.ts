/** Where tables are drawn: what refers to each other in layers, what stands alone in a plain grid below. */
import { Graph, layout } from '@dagrejs/dagre'

export interface DiagramTable {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly columns: readonly {
    readonly name: string
    readonly type: string
    readonly nullable: boolean
    readonly primary: boolean
  }[]
  readonly foreign_keys: readonly { readonly name: string; readonly to_oid: number }[]
}

export const nodeSize = { width: 240, head: 30, line: 22 }

export const heightOf = ({ columns }: DiagramTable): number =>
  nodeSize.head + columns.length * nodeSize.line + 6

const gap = 40

/** A place for each table, in the order given. */
export function layOut(tables: readonly DiagramTable[]): { x: number; y: number }[] {
  const ids = new Set(tables.map(({ oid }) => oid))
  const linked = new Set(
    tables.flatMap(({ oid, foreign_keys }) =>
      foreign_keys
        .filter(({ to_oid }) => ids.has(to_oid) && to_oid !== oid)
        .flatMap(({ to_oid }) => [oid, to_oid]),
    ),
  )
  const graph = new Graph()
  graph.setGraph({ rankdir: 'LR', nodesep: gap, ranksep: 90 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const table of tables)
    if (linked.has(table.oid))
      graph.setNode(String(table.oid), { width: nodeSize.width, height: heightOf(table) })
  for (const { oid, foreign_keys } of tables)
    for (const { to_oid } of foreign_keys)
      if (ids.has(to_oid) && to_oid !== oid) graph.setEdge(String(oid), String(to_oid))
  layout(graph)
  let bottom = 0
  for (const id of graph.nodes()) {
    const node = graph.node(id) as { y: number; height: number }
    bottom = Math.max(bottom, node.y + node.height / 2)
  }
  const alone = { x: 0, y: bottom + (linked.size > 0 ? gap * 2 : 0), rowHeight: 0 }
  return tables.map((table) => {
    if (linked.has(table.oid)) {
      const { x, y } = graph.node(String(table.oid)) as { x: number; y: number }
      return { x: x - nodeSize.width / 2, y: y - heightOf(table) / 2 }
    }
    if (alone.x > 4 * (nodeSize.width + gap)) {
      alone.x = 0
      alone.y += alone.rowHeight + gap
      alone.rowHeight = 0
    }
    const place = { x: alone.x, y: alone.y }
    alone.x += nodeSize.width + gap
    alone.rowHeight = Math.max(alone.rowHeight, heightOf(table))
    return place
  })
}
