/** The query string's parameters sorted into what they mean. */
import type {
  Intent,
  LogicNode,
  Param,
  PathLogic,
  PathOrder,
  PathRange,
  SelectItem,
} from './api-request.ts'
import type { QueryPair } from './decode-query.ts'
import type { Literals } from './literals.ts'
import { limitOf, offsetOf } from './page-limit.ts'
import { parseBetween } from './parse-between.ts'
import { groupSelect } from './parse-group-by.ts'
import { parseNames, parsePathField } from './parse-field.ts'
import { parseLogicName, parseLogicTree } from './parse-logic.ts'
import { parseOperation } from './parse-operation.ts'
import { parseOrder } from './parse-order.ts'
import { parseCount } from './parse-range.ts'
import { parseSelect } from './parse-select.ts'
import { Scanner } from './scanner.ts'

export interface Parameters {
  readonly select: readonly SelectItem[]
  readonly logic: readonly PathLogic[]
  readonly hasTopLogicTree: boolean
  readonly filterNames: readonly string[]
  readonly order: readonly PathOrder[]
  readonly embedRanges: readonly PathRange[]
  readonly limit: number | null
  readonly offset: number | null
  readonly onConflict: readonly string[] | null
  readonly columns: readonly string[] | null
  readonly params: readonly Param[]
}

/** The arrays a run over the pairs fills. */
interface Found {
  select: string | null
  onConflict: string | null
  columns: string | null
  groupBy: string | null
  limit: number | null
  offset: number | null
  hasTopLogicTree: boolean
  readonly logic: PathLogic[]
  readonly filterNames: string[]
  readonly order: PathOrder[]
  readonly ranges: Map<string, { limit: string | null; offset: string | null }>
  readonly params: Param[]
}

const readRest = (scanner: Scanner): string => {
  const rest = scanner.text.slice(scanner.at)
  scanner.at = scanner.text.length
  return rest
}

/** In a function called by GET, a parameter without an operator is an argument. */
export function parseParameters(
  pairs: readonly QueryPair[],
  intent: Intent,
  isRpcRead: boolean,
  literals: Literals,
): Parameters {
  const found: Found = {
    select: null,
    onConflict: null,
    columns: null,
    groupBy: null,
    limit: null,
    offset: null,
    hasTopLogicTree: false,
    logic: [],
    filterNames: [],
    order: [],
    ranges: new Map(),
    params: [],
  }
  for (const { name, value } of pairs) {
    if (value !== null) readParameter(name, value, found, isRpcRead, literals)
  }
  const usesColumns = intent === 'insert' || intent === 'update' || intent === 'call'
  const columns =
    found.columns === null
      ? null
      : [...new Set(parseNames(found.columns, 'columns parameter'))].sort()
  literals.shape += `\0s${found.select ?? '*'}\0c${found.onConflict ?? ''}`
  const select = parseSelect(found.select)
  if (found.groupBy !== null) literals.shape += `\0g${found.groupBy}`
  return {
    logic: found.logic,
    hasTopLogicTree: found.hasTopLogicTree,
    filterNames: found.filterNames,
    order: found.order,
    limit: found.limit,
    offset: found.offset,
    params: found.params,
    select: found.groupBy === null ? select : groupSelect(select, found.groupBy),
    embedRanges: embedRanges(found.ranges, literals),
    onConflict:
      found.onConflict === null ? null : parseNames(found.onConflict, 'on_conflict parameter'),
    columns: usesColumns ? columns : null,
  }
}

function readParameter(
  name: string,
  value: string,
  found: Found,
  isRpcRead: boolean,
  literals: Literals,
): void {
  switch (name) {
    case 'select':
      found.select ??= value
      return
    case 'on_conflict':
      found.onConflict ??= value
      return
    case 'columns':
      found.columns ??= value
      return
    case 'limit':
      found.limit ??= parseCount(value)
      return
    case 'offset':
      found.offset ??= parseCount(value)
      return
    default:
      readNamed(name, value, found, isRpcRead, literals)
  }
}

function readNamed(
  name: string,
  value: string,
  found: Found,
  isRpcRead: boolean,
  literals: Literals,
): void {
  const last = name.slice(name.lastIndexOf('.') + 1)
  switch (last) {
    case 'order':
      literals.shape += `\0o${name}=${value}`
      found.order.push({ path: parsePathField(name).path, terms: parseOrder(value) })
      return
    case 'limit':
    case 'offset': {
      const path = name.slice(0, -last.length - 1)
      const range = found.ranges.get(path) ?? { limit: null, offset: null }
      const count = parseCount(value)
      if (count !== null) range[last] ??= String(count)
      found.ranges.set(path, range)
      return
    }
    case 'and':
    case 'or': {
      const { path, operator } = parseLogicName(name)
      literals.shape += `\0l${name}=`
      if (path.length === 0) found.hasTopLogicTree = true
      found.logic.push({ path, node: parseLogicTree(operator, value, literals) })
      return
    }
    default:
      readFilter(name, value, found, isRpcRead, literals)
  }
}

const operationStart = /^(?:not\.)?[a-z]+(?:\([^()]*\))?\./

function readFilter(
  name: string,
  value: string,
  found: Found,
  isRpcRead: boolean,
  literals: Literals,
): void {
  // a column of that name is filtered as ever
  if (name === 'group_by' && !isRpcRead && !isOperation(value)) {
    found.groupBy ??= value
    return
  }
  found.filterNames.push(name)
  if (isRpcRead && !isOperation(value)) {
    literals.shape += `\0p${name}=?`
    found.params.push({ name, slot: literals.add(value) })
    return
  }
  const { path, field } = parsePathField(name)
  literals.shape += `\0f${name}=`
  const scanner = new Scanner(value, 'filter')
  const range = parseBetween(scanner, field, literals)
  if (range !== null && !scanner.done) scanner.fail('end of input')
  const node: LogicNode = range ?? {
    kind: 'filter',
    field,
    ...parseOperation(scanner, literals, readRest),
  }
  found.logic.push({ path, node })
}

const probe = { values: [], shape: '', add: () => 0 } as unknown as Literals

/** Whether a value begins with an operator; `is.` and `in.` must also have a readable operand. */
function isOperation(value: string): boolean {
  if (!operationStart.test(value)) return false
  try {
    parseOperation(new Scanner(value, 'filter'), probe, readRest)
    return true
  } catch {
    // `is.`/`in.` followed by nonsense is an error for a filter, and an argument of a function whose value begins so
    return /^(?:not\.)?(?:is|in)\./.test(value)
  }
}

const noRanges: readonly PathRange[] = []

function embedRanges(
  ranges: ReadonlyMap<string, { limit: string | null; offset: string | null }>,
  literals: Literals,
): readonly PathRange[] {
  if (ranges.size === 0) return noRanges
  return [...ranges].map(([path, { limit, offset }]) => {
    literals.shape += `\0r${path}=`
    const { path: before, field } = parsePathField(path)
    return {
      path: [...before, field.name],
      limit: limit === null ? null : limitOf(Number(limit), literals),
      offset: offset === null ? null : offsetOf(Number(offset), literals),
    }
  })
}
