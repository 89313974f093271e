/** plan: an ApiRequest meets the catalog and becomes a plan, or an error of this stage. */
import { similarName } from '#base/catalog'
import type { Catalog, QualifiedName, Relation } from '#base/catalog'
import { mimeOf } from '#services/data-api/request'
import type { ApiRequest, Preferences } from '#services/data-api/request'
import { planErrors } from './errors.ts'
import { findRoutine } from './find-routine.ts'
import { checkLegacyNames } from './legacy-names.ts'
import { negotiate } from './negotiate.ts'
import type { Negotiated } from './negotiate.ts'
import { argumentNames, planArguments } from './plan-call.ts'
import { planMutation } from './plan-mutation.ts'
import { planReturning } from './plan-returning.ts'
import { planTree } from './plan-tree.ts'
import type { Asked, TreeContext } from './plan-tree.ts'
import type {
  CallPlan,
  InfoPlan,
  Mutation,
  MutationPlan,
  Plan,
  PlanOptions,
  ReadNode,
  ReadPlan,
  Source,
} from './plan.ts'

/** Pure: the same shape over the same catalog gives the same plan. */
export function planRequest(request: ApiRequest, catalog: Catalog, options: PlanOptions): Plan {
  const { target, intent } = request
  if (target.kind === 'root') {
    if (intent === 'info') return { kind: 'info', allow: 'OPTIONS,GET,HEAD' }
    return planDescribe(request)
  }
  if (target.kind === 'routine') return planRoutine(target.name, request, catalog, options)
  const relation = requireRelation(request.schema, target.name, catalog)
  if (intent === 'info') return { kind: 'info', allow: allowedMethods(relation) }
  return intent === 'read'
    ? planRead(request, relation, catalog, options)
    : planWrite(request, relation, catalog, options)
}

function requireRelation(schema: string, name: string, catalog: Catalog): Relation {
  const relation = catalog.relation(schema, name)
  if (relation !== null) return relation
  const names = catalog.relationNames(schema)
  const similar = names.length < 500 ? similarName(name, names, 0.75) : null
  throw planErrors.PGRST205({
    relation: `${schema}.${name}`,
    suggestion: similar === null ? null : `${schema}.${similar}`,
  })
}

function planRead(
  request: ApiRequest,
  relation: Relation,
  catalog: Catalog,
  options: PlanOptions,
): ReadPlan {
  const source: Source = { kind: 'relation', name: relation, alias: null }
  const tree = rootTree(request, request, relation, source, catalog, options)
  const negotiated = negotiateFor(request, relation, tree, catalog, options)
  const { headersOnly } = request
  return {
    kind: 'read',
    name: relation.name,
    tree,
    warnings: checkLegacyNames(request, options.legacyTargetNames),
    ...negotiated,
    rendering: headersOnly ? { kind: 'none' } : negotiated.rendering,
    headersOnly,
    preferences: applied(request.preferences, {}),
  }
}

function planWrite(
  request: ApiRequest,
  relation: Relation,
  catalog: Catalog,
  options: PlanOptions,
): MutationPlan {
  const source: Source = { kind: 'rows', alias: relation.name }
  const asked: Asked = {
    ...request,
    logic: request.logic.filter(({ path }) => path.length > 0),
    ranges: [],
  }
  const unlimited = { ...options, maxRows: null }
  const tree = rootTree(request, asked, relation, source, catalog, unlimited)
  const mutation = planMutation(request, relation, tree, catalog)
  if (options.safeUpdate) requireFilter(mutation)
  const negotiated = negotiateFor(request, relation, tree, catalog, options)
  const { preferences } = request
  const isInsert = mutation.kind === 'insert'
  return {
    kind: 'mutation',
    name: relation.name,
    tree,
    warnings: checkLegacyNames(request, options.legacyTargetNames),
    ...negotiated,
    rendering:
      preferences.representation === 'representation' ? negotiated.rendering : { kind: 'none' },
    mutation,
    preferences: applied(preferences, {
      resolution:
        isInsert && (relation.primaryKey.length > 0 || request.onConflict !== null)
          ? preferences.resolution
          : null,
      representation: preferences.representation,
      missing: isInsert || mutation.kind === 'update' ? preferences.missing : null,
      maxAffected:
        mutation.kind === 'update' || mutation.kind === 'delete' ? preferences.maxAffected : null,
    }),
  }
}

/** What Supabase's `safeupdate` library does in Postgres: a whole table is not changed by leaving out a filter. */
function requireFilter({ kind, where }: Mutation): void {
  if ((kind !== 'update' && kind !== 'delete') || where.length > 0) return
  throw planErrors.unfiltered({ verb: kind.toUpperCase() })
}

function planRoutine(
  name: string,
  request: ApiRequest,
  catalog: Catalog,
  options: PlanOptions,
): CallPlan | InfoPlan {
  const { schema, contentType, method, headersOnly } = request
  const isPost = method === 'POST'
  const routine = findRoutine(
    { schema, name, argumentNames: argumentNames(request), contentType, isPost },
    catalog,
  )
  if (request.intent === 'info') {
    const allow = routine.volatility === 'volatile' ? 'OPTIONS,POST' : 'OPTIONS,GET,HEAD,POST'
    return { kind: 'info', allow }
  }
  const { isComposite, isSet, type } = routine.returns
  const rows: QualifiedName = { schema: routine.schema, name: isComposite ? type.name : name }
  const source: Source = { kind: 'rows', alias: rows.name }
  const tree = rootTree(request, request, rows, source, catalog, options)
  const negotiated = negotiateFor(request, rows, tree, catalog, options)
  const { preferences } = request
  if (preferences.handling === 'strict' && preferences.maxAffected !== null && !isSet) {
    throw planErrors.PGRST128()
  }
  return {
    kind: 'call',
    routine,
    tree,
    warnings: checkLegacyNames(request, options.legacyTargetNames),
    ...negotiated,
    rendering: headersOnly ? { kind: 'none' } : negotiated.rendering,
    arguments: planArguments(request, routine),
    readOnly: !isPost || routine.volatility !== 'volatile',
    headersOnly,
    returning: planReturning(tree, []),
    preferences: applied(preferences, { maxAffected: preferences.maxAffected }),
  }
}

function rootTree(
  request: ApiRequest,
  asked: Asked,
  name: QualifiedName,
  source: Source,
  catalog: Catalog,
  { aggregates, maxRows }: PlanOptions,
): ReadNode {
  const context: TreeContext = { catalog, schema: request.schema, aggregates, maxRows }
  return planTree(
    asked,
    { name, source, depth: 0, junction: null, joins: [], expandStar: false, toOne: false },
    context,
  )
}

function negotiateFor(
  request: ApiRequest,
  target: QualifiedName,
  tree: ReadNode,
  catalog: Catalog,
  { explain }: PlanOptions,
): Negotiated {
  const { accept, preferences } = request
  const negotiated = negotiate({ accept, catalog, target, tree, explainAllowed: explain })
  if (preferences.handling === 'strict' && preferences.invalid.length > 0) {
    throw planErrors.PGRST122({ invalid: preferences.invalid })
  }
  return negotiated
}

function planDescribe({ accept, headersOnly }: ApiRequest): Plan {
  if (accept.some(({ kind }) => kind === 'openapi' || kind === 'json' || kind === 'any')) {
    return { kind: 'describe', headersOnly }
  }
  throw planErrors.PGRST107({ types: accept.map(mimeOf) })
}

function allowedMethods({ insertable, updatable, deletable, primaryKey }: Relation): string {
  return [
    'OPTIONS,GET,HEAD',
    ...(insertable ? ['POST'] : []),
    ...(insertable && updatable && primaryKey.length > 0 ? ['PUT'] : []),
    ...(updatable ? ['PATCH'] : []),
    ...(deletable ? ['DELETE'] : []),
  ].join(',')
}

/** Those that hold for every kind of request, and the given ones of the others. */
function applied(preferences: Preferences, kept: Partial<Preferences>): Preferences {
  return {
    ...preferences,
    resolution: null,
    representation: null,
    missing: null,
    maxAffected: null,
    ...kept,
  }
}
