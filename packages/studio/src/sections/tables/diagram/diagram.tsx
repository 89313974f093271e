/** The tables of a schema and how they refer to each other, drawn. */
import '@xyflow/react/dist/style.css'
import './diagram.css'
import { Background, Controls, Handle, Position, ReactFlow, useNodesState } from '@xyflow/react'
import type { Edge, Node, NodeProps } from '@xyflow/react'
import { KeyRound } from 'lucide-react'
import { useEffect, useMemo, useState } from 'react'
import type { ReactElement } from 'react'
import { useProject } from '#studio/api'
import { usePlace } from '#studio/place'
import { Button, EmptyState, ErrorNotice, Loading, Select, plural } from '#studio/ui'
import { layOut, nodeSize } from './lay-out.ts'
import type { DiagramTable } from './lay-out.ts'
import { saveSvg } from './save-svg.ts'

type TableNode = Node<{ readonly table: DiagramTable }, 'table'>

/** Above, one begins with the neighbours of a table. */
const many = 100

function TableBox({ data: { table } }: NodeProps<TableNode>): ReactElement {
  return (
    <div className="d-table" style={{ width: nodeSize.width }}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <div className="d-name truncate">{table.name}</div>
      {table.columns.map((column) => (
        <div className="d-column" key={column.name}>
          {column.primary ? <KeyRound size={10} aria-hidden /> : <span className="d-space" />}
          <span className="truncate">{column.name}</span>
          <span className="d-type truncate">{column.type}</span>
        </div>
      ))}
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  )
}

const nodeTypes = { table: TableBox }

export function Diagram({
  projectRef,
  schema,
}: {
  readonly projectRef: string
  readonly schema: string
}): ReactElement {
  const { search, setSearch, go } = usePlace()
  const tables = useProject<readonly DiagramTable[]>(projectRef, 'catalog/diagram', {
    query: { schema },
    keepsOld: false,
  })
  const around =
    search['around'] ?? ((tables.data?.length ?? 0) > many ? (tables.data?.[0]?.name ?? '') : '')
  const shown = useMemo(() => neighbours(tables.data ?? [], around), [tables.data, around])
  const placed = useMemo(() => layOut(shown), [shown])
  const [nodes, setNodes, onNodesChange] = useNodesState<TableNode>([])
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    const kept = readPlaces(projectRef, schema)
    setNodes(
      shown.map((table, index) => ({
        id: String(table.oid),
        type: 'table',
        position: kept[table.name] ?? placed[index] ?? { x: 0, y: 0 },
        data: { table },
        ariaLabel: `Table ${table.name}`,
      })),
    )
  }, [shown, placed, setNodes, projectRef, schema, turn])
  const edges = useMemo<Edge[]>(() => {
    const ids = new Set(shown.map(({ oid }) => oid))
    return shown.flatMap((table) =>
      table.foreign_keys
        .filter(({ to_oid }) => ids.has(to_oid))
        .map(({ name, to_oid }) => ({
          id: `${table.oid}-${name}`,
          source: String(table.oid),
          target: String(to_oid),
        })),
    )
  }, [shown])
  if (tables.error !== null)
    return <ErrorNotice error={tables.error} onRetry={() => void tables.refetch()} />
  if (tables.data === undefined) return <Loading rows={10} />
  if (tables.data.length === 0) return <EmptyState title={`No tables in ${schema}`} />
  return (
    <>
      <div className="toolbar">
        <h1 style={{ fontSize: 14 }}>Diagram of {schema}</h1>
        <span className="muted">{plural(shown.length, 'table')}</span>
        <span className="spacer" />
        <div style={{ width: 220 }}>
          <Select
            aria-label="Tables around"
            value={around}
            options={[
              { value: '', label: 'All tables' },
              ...tables.data.map(({ name }) => ({ value: name, label: `Around ${name}` })),
            ]}
            onChange={(event) => setSearch({ around: event.target.value || null })}
          />
        </div>
        <Button
          size="small"
          onClick={() => {
            writePlaces(projectRef, schema, {})
            setTurn((count) => count + 1)
          }}
        >
          Lay out again
        </Button>
        <Button
          size="small"
          onClick={() =>
            saveSvg(
              schema,
              nodes.map(({ position, data }) => ({ ...position, table: data.table })),
            )
          }
        >
          Save as SVG
        </Button>
      </div>
      <div className="d-canvas">
        <ReactFlow
          nodes={nodes}
          edges={edges}
          nodeTypes={nodeTypes}
          onNodesChange={onNodesChange}
          onNodeDragStop={() =>
            writePlaces(
              projectRef,
              schema,
              Object.fromEntries(nodes.map(({ position, data }) => [data.table.name, position])),
            )
          }
          onNodeDoubleClick={(_, node) => go({ path: [schema, node.data.table.name], search: {} })}
          fitView
          minZoom={0.1}
          nodesConnectable={false}
          onlyRenderVisibleElements
          proOptions={{ hideAttribution: true }}
        >
          <Background />
          <Controls showInteractive={false} />
        </ReactFlow>
      </div>
    </>
  )
}

function neighbours(tables: readonly DiagramTable[], around: string): readonly DiagramTable[] {
  const middle = tables.find(({ name }) => name === around)
  if (middle === undefined) return tables
  const near = new Set([middle.oid, ...middle.foreign_keys.map(({ to_oid }) => to_oid)])
  return tables.filter(
    ({ oid, foreign_keys }) =>
      near.has(oid) || foreign_keys.some(({ to_oid }) => to_oid === middle.oid),
  )
}

type Places = Readonly<Record<string, { readonly x: number; readonly y: number }>>

const placesKey = (ref: string, schema: string): string => `diagram:${ref}:${schema}`

function readPlaces(ref: string, schema: string): Places {
  try {
    return JSON.parse(localStorage.getItem(placesKey(ref, schema)) ?? '{}') as Places
  } catch {
    return {}
  }
}

const writePlaces = (ref: string, schema: string, places: Places): void =>
  localStorage.setItem(placesKey(ref, schema), JSON.stringify(places))
