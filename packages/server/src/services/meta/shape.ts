/** The shape of a database as types are made of it: relations, functions, types, relationships. */
import type { KeyRelationship } from '#base/catalog'
import { loadCatalog } from '#base/catalog/introspect'
import type { Database, Result, Session } from '#base/db'
import { listFunctions, listRelations, listSchemas, listTypes } from '#services/meta/sql'
import type { FunctionRow, RelationRow, TypeRow } from '#services/meta/sql'

export interface Shape {
  /** In order. */
  readonly schemas: readonly string[]
  readonly relations: readonly RelationRow[]
  readonly functions: readonly FunctionRow[]
  readonly types: ReadonlyMap<number, TypeRow>
  /** Foreign keys as seen from the relation that holds them, through views too; within one schema. */
  readonly relationships: readonly KeyRelationship[]
}

export interface SchemaFilter {
  /** Empty for all. */
  readonly included: readonly string[]
  readonly excluded: readonly string[]
}

/** `public` first, so that signatures name its types without it. */
const session: Session = {
  role: null,
  settings: [
    ['search_path', 'public, extensions'],
    ['statement_timeout', '0'],
  ],
  readOnly: true,
}

/** Asks the database; two round trips and the data API's own reading of relationships. */
export async function loadShape(db: Database, filter: SchemaFilter): Promise<Shape> {
  const [names] = await db.transaction(session, [listSchemas(filter.included, filter.excluded)], {
    leaves: 'nothing',
  })
  const schemas = document<string[]>(names).toSorted(compareNames)
  const [relations, functions, types] = await db.transaction(
    session,
    [listRelations(schemas), listFunctions(schemas), listTypes()],
    { lane: 'write', leaves: 'nothing' },
  )
  const { catalog } = await loadCatalog(db, { schemas, extraSearchPath: [] })
  return {
    schemas,
    relations: sorted(document<RelationRow[]>(relations)),
    functions: document<FunctionRow[]>(functions).toSorted(
      (a, b) =>
        compareNames(a.name, b.name) ||
        compareNames(a.signature, b.signature) ||
        compareNames(a.result, b.result),
    ),
    types: new Map(document<TypeRow[]>(types).map((type) => [type.oid, type])),
    relationships: catalog.data.relationships.filter(
      (rel): rel is KeyRelationship =>
        rel.kind === 'key' && rel.ownsKey && rel.from.schema === rel.to.schema,
    ),
  }
}

function document<T>(result: Result | undefined): T {
  return JSON.parse(new TextDecoder().decode(result?.rows[0]?.[0] ?? undefined)) as T
}

function sorted(relations: readonly RelationRow[]): RelationRow[] {
  return relations
    .map((relation) => ({
      ...relation,
      columns: relation.columns.toSorted((a, b) => compareNames(a.name, b.name)),
    }))
    .toSorted((a, b) => compareNames(a.name, b.name))
}

const collator = new Intl.Collator('en')

/** Alphabetical as people sort, the same on every machine. */
export function compareNames(a: string, b: string): number {
  return collator.compare(a, b)
}
