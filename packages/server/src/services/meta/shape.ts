/** The shape of a database as types are made of it: relations, functions, types, relationships. */
import type { KeyRelationship, Relationship } from '#base/catalog'
import { loadCatalog, readDocuments } from '#base/catalog/introspect'
import type { Database, Result, Session } from '#base/db'
import { finish, sortInSteps } from '#base/kernel'
import { turns } from '#base/service'
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
  const schemas = finish(readDocuments<string>(names)).toSorted(compareNames)
  const results = await db.transaction(
    session,
    [listRelations(schemas), listFunctions(schemas), listTypes()],
    { lane: 'write', leaves: 'nothing' },
  )
  const { catalog } = await loadCatalog(db, { schemas, extraSearchPath: [] })
  return turns.run(readShape(schemas, results, catalog.data.relationships))
}

function* readShape(
  schemas: readonly string[],
  [relations, functions, types]: readonly Result[],
  relationships: readonly Relationship[],
): Generator<void, Shape> {
  return {
    schemas,
    relations: yield* sorted(yield* readDocuments<RelationRow>(relations)),
    functions: yield* sortInSteps(
      yield* readDocuments<FunctionRow>(functions),
      (a, b) =>
        compareNames(a.name, b.name) ||
        compareNames(a.signature, b.signature) ||
        compareNames(a.result, b.result),
    ),
    types: new Map((yield* readDocuments<TypeRow>(types)).map((type) => [type.oid, type])),
    relationships: relationships.filter(
      (rel): rel is KeyRelationship =>
        rel.kind === 'key' && rel.ownsKey && rel.from.schema === rel.to.schema,
    ),
  }
}

function* sorted(rows: readonly RelationRow[]): Generator<void, RelationRow[]> {
  const relations: RelationRow[] = []
  for (const row of rows) {
    const columns = row.columns.toSorted((a, b) => compareNames(a.name, b.name))
    relations.push({ ...row, columns })
    yield
  }
  return yield* sortInSteps(relations, (a, b) => compareNames(a.name, b.name))
}

const collator = new Intl.Collator('en')

/** Alphabetical as people sort, the same on every machine. */
export function compareNames(a: string, b: string): number {
  return collator.compare(a, b)
}
