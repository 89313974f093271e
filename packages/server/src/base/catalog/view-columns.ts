/** Which columns of which tables a view shows, read from its stored query tree. */
import type { QualifiedName } from './catalog.ts'

/** The columns of one table that one view shows: table column → the view's names for it. */
export interface ViewColumns {
  readonly view: QualifiedName
  readonly table: QualifiedName
  readonly columns: ReadonlyMap<string, readonly string[]>
}

/** A view with the text of its rewrite rule (`pg_rewrite.ev_action`). */
export interface ViewSource {
  readonly oid: number
  readonly view: QualifiedName
  readonly tree: string
  /** Column names by number. */
  readonly names: ReadonlyMap<number, string>
}

/** A relation that views may show. */
export interface ShownRelation {
  readonly oid: number
  readonly relation: QualifiedName
  readonly names: ReadonlyMap<number, string>
}

export interface Target {
  /** The view's column number. */
  readonly column: number
  readonly table: number
  readonly tableColumn: number
}

const token = /[(){}]|:targetList|:resno (\d+)|:resorigtbl (\d+)|:resorigcol (\d+)|\\./g

/**
 * The target list of the outermost query of a node tree. Depth tells it from the lists of subqueries: the outermost
 * query is `({QUERY`, its list's entries `{TARGETENTRY` are three levels down.
 */
export function readTargets(tree: string): Target[] {
  const targets: Target[] = []
  let depth = 0
  let inList = false
  let entry = [0, 0, 0]
  for (const match of tree.matchAll(token)) {
    const text = match[0]
    if (text === '(' || text === '{') {
      depth++
      if (inList && text === '{' && depth === 4) entry = [0, 0, 0]
    } else if (text === ')' || text === '}') {
      if (inList && depth === 4 && text === '}' && (entry[1] ?? 0) > 0) {
        targets.push({ column: entry[0] ?? 0, table: entry[1] ?? 0, tableColumn: entry[2] ?? 0 })
      }
      depth--
      if (inList && depth === 2) return targets
    } else if (text === ':targetList' && depth === 2) inList = true
    else if (inList && depth === 4) {
      if (match[1] !== undefined) entry[0] = Number(match[1])
      if (match[2] !== undefined) entry[1] = Number(match[2])
      if (match[3] !== undefined) entry[2] = Number(match[3])
    }
  }
  return targets
}

/** Resolves views over views down to tables; in steps of a view each. */
export function* resolveViews(
  views: readonly ViewSource[],
  relations: readonly ShownRelation[],
): Generator<void, ViewColumns[]> {
  const targets = new Map<number, readonly Target[]>()
  for (const view of views) {
    targets.set(view.oid, readTargets(view.tree))
    yield
  }
  const tables = new Map(relations.map((relation) => [relation.oid, relation]))
  const resolved: ViewColumns[] = []
  for (const view of views) {
    resolved.push(...resolveView(view, targets, tables))
    yield
  }
  return resolved
}

function resolveView(
  view: ViewSource,
  targets: ReadonlyMap<number, readonly Target[]>,
  tables: ReadonlyMap<number, ShownRelation>,
): ViewColumns[] {
  const byTable = new Map<number, Map<string, string[]>>()
  for (const target of targets.get(view.oid) ?? []) {
    for (const end of follow(target, targets, new Set([view.oid]))) {
      const column = tables.get(end.table)?.names.get(end.tableColumn)
      const shown = view.names.get(target.column)
      if (column === undefined || shown === undefined) continue
      const columns = byTable.get(end.table) ?? new Map<string, string[]>()
      columns.set(column, [...(columns.get(column) ?? []), shown])
      byTable.set(end.table, columns)
    }
  }
  return [...byTable].flatMap(([oid, columns]) => {
    const table = tables.get(oid)
    return table === undefined ? [] : [{ view: view.view, table: table.relation, columns }]
  })
}

/** A view's column to the columns it comes from: its source, and if that is a view, that one's source too. */
function follow(
  target: Target,
  targets: ReadonlyMap<number, readonly Target[]>,
  seen: ReadonlySet<number>,
): Target[] {
  const inner = seen.has(target.table)
    ? undefined
    : targets.get(target.table)?.find((entry) => entry.column === target.tableColumn)
  if (inner === undefined) return [target]
  return [target, ...follow(inner, targets, new Set([...seen, target.table]))]
}
