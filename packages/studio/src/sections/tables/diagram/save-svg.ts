/** The drawing as a file. */
import { saveFile } from '#studio/ui'
import { heightOf, nodeSize } from './lay-out.ts'
import type { DiagramTable } from './lay-out.ts'

interface Placed {
  readonly x: number
  readonly y: number
  readonly table: DiagramTable
}

const namespace = 'http://www.w3.org/2000/svg'

function make(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  text?: string,
): SVGElement {
  const element = document.createElementNS(namespace, name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value))
  if (text !== undefined) element.textContent = text
  return element
}

export function saveSvg(name: string, placed: readonly Placed[]): void {
  const left = Math.min(...placed.map(({ x }) => x)) - 20
  const top = Math.min(...placed.map(({ y }) => y)) - 20
  const right = Math.max(...placed.map(({ x }) => x)) + nodeSize.width + 20
  const bottom = Math.max(...placed.map(({ y, table }) => y + heightOf(table))) + 20
  const svg = make('svg', {
    viewBox: `${left} ${top} ${right - left} ${bottom - top}`,
    'font-family': 'sans-serif',
    'font-size': 12,
  })
  const byOid = new Map(placed.map((place) => [place.table.oid, place]))
  for (const { x, y, table } of placed)
    for (const { to_oid } of table.foreign_keys) {
      const to = byOid.get(to_oid)
      if (to === undefined) continue
      const [x1, y1, x2, y2] = [x + nodeSize.width, y + 15, to.x, to.y + 15]
      svg.append(
        make('path', {
          d: `M${x1} ${y1} C${x1 + 60} ${y1} ${x2 - 60} ${y2} ${x2} ${y2}`,
          fill: 'none',
          stroke: '#84888f',
        }),
      )
    }
  for (const { x, y, table } of placed) svg.append(...box(x, y, table))
  const text = new XMLSerializer().serializeToString(svg)
  saveFile([text], `${name}.svg`, 'image/svg+xml')
}

function box(x: number, y: number, table: DiagramTable): SVGElement[] {
  const lines = table.columns.map((column, index) =>
    make(
      'text',
      { x: x + 10, y: y + nodeSize.head + index * nodeSize.line + 15, fill: '#17181c' },
      `${column.primary ? '• ' : ''}${column.name}  ${column.type}`,
    ),
  )
  return [
    make('rect', {
      x,
      y,
      width: nodeSize.width,
      height: heightOf(table),
      rx: 6,
      fill: '#ffffff',
      stroke: '#84888f',
    }),
    make('text', { x: x + 10, y: y + 19, 'font-weight': 600, fill: '#17181c' }, table.name),
    ...lines,
  ]
}
