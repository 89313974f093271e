/** The schema model: what the exposed schemas hold. Plain immutable data with lookups. */

export interface QualifiedName {
  readonly schema: string
  readonly name: string
}

export interface Column {
  readonly name: string
  /** As declared, domains by name: `character varying(10)`, `public.color`. */
  readonly type: string
  /** Domains resolved to what they are made of. */
  readonly baseType: string
  readonly nullable: boolean
  /** The default as SQL, or null. */
  readonly default: string | null
  readonly maxLength: number | null
  readonly enumValues: readonly string[]
  readonly description: string | null
}

/** A table, view, materialized view or foreign table. */
export interface Relation extends QualifiedName {
  readonly isView: boolean
  readonly insertable: boolean
  readonly updatable: boolean
  readonly deletable: boolean
  readonly primaryKey: readonly string[]
  readonly columns: ReadonlyMap<string, Column>
  readonly description: string | null
}

/** Pairs of columns that are equal: [column of `from`, column of `to`]. */
export type ColumnPairs = readonly (readonly [string, string])[]

export interface KeyRelationship {
  readonly kind: 'key'
  readonly cardinality: 'one-to-many' | 'many-to-one' | 'one-to-one'
  readonly from: QualifiedName
  readonly to: QualifiedName
  readonly constraint: string
  readonly columns: ColumnPairs
  /** The foreign key stands on `from`; false for the inverse. */
  readonly ownsKey: boolean
  readonly fromIsView: boolean
  readonly toIsView: boolean
}

export interface JunctionRelationship {
  readonly kind: 'junction'
  readonly cardinality: 'many-to-many'
  readonly from: QualifiedName
  readonly to: QualifiedName
  readonly junction: QualifiedName
  readonly constraints: readonly [string, string]
  /** [column of `from`, column of the junction]. */
  readonly source: ColumnPairs
  /** [column of `to`, column of the junction]. */
  readonly target: ColumnPairs
}

/** A function from a row of `from` to rows of `to`; it is embedded by the function's name. */
export interface ComputedRelationship {
  readonly kind: 'computed'
  readonly cardinality: 'computed'
  readonly from: QualifiedName
  readonly to: QualifiedName
  readonly routine: QualifiedName
  readonly toOne: boolean
}

export type Relationship = KeyRelationship | JunctionRelationship | ComputedRelationship

export interface Argument {
  /** `''` for an unnamed one. */
  readonly name: string
  readonly type: string
  /** The type without a length, which would cut values off before the function sees them. */
  readonly unboundedType: string
  readonly required: boolean
  readonly variadic: boolean
}

export interface Routine extends QualifiedName {
  readonly arguments: readonly Argument[]
  readonly volatility: 'immutable' | 'stable' | 'volatile'
  readonly returns: {
    readonly type: QualifiedName
    readonly isSet: boolean
    readonly isComposite: boolean
  }
  readonly isolation: string | null
  /** Settings of the function that hold for the whole transaction: `statement_timeout`. */
  readonly settings: readonly (readonly [name: string, value: string])[]
  readonly description: string | null
  /** A call can leave something in the session (see `Leavings`). */
  readonly leaves: boolean
}

/** What SQL of the project can leave in a session behind its transaction: settings, temporary tables, locks. */
export interface Leavings {
  /** Something can. */
  readonly any: boolean
  /** Any read of a relation can. */
  readonly reads: boolean
  /** Any write can. */
  readonly writes: boolean
  /** What is left can be prepared statements, or the want of them. */
  readonly prepared: boolean
}

/** A function that reads or writes a domain as text or JSON, instead of the type's own form. */
export interface Representation {
  readonly source: string
  readonly target: string
  /** The function, quoted and qualified. */
  readonly via: string
}

/** An aggregate or domain that renders a media type. */
export interface MediaHandler {
  readonly routine: QualifiedName
  /** The relation or function it is for; null for any row. */
  readonly target: QualifiedName | null
  /** Lower-case, or star/star. */
  readonly accepts: string
  readonly mime: string
  /** Its text form is bytea's and must be turned into the bytes it stands for. */
  readonly isBytes: boolean
}

export interface CatalogData {
  readonly relations: readonly Relation[]
  readonly relationships: readonly Relationship[]
  readonly routines: readonly Routine[]
  readonly representations: readonly Representation[]
  readonly mediaHandlers: readonly MediaHandler[]
  /** Settings made for roles (`alter role anon set statement_timeout`), by role. */
  readonly roleSettings: ReadonlyMap<string, readonly (readonly [name: string, value: string])[]>
  /** Default isolation by role, where it is not read committed. */
  readonly roleIsolation: ReadonlyMap<string, string>
  readonly leavings: Leavings
}

const keyOf = (name: QualifiedName): string => `${name.schema}\0${name.name}`

/** Lookups over `CatalogData`. */
export class Catalog {
  readonly data: CatalogData
  readonly #relations: ReadonlyMap<string, Relation>
  readonly #relationships: ReadonlyMap<string, Relationship[]>
  readonly #routines: ReadonlyMap<string, Routine[]>
  readonly #representations: ReadonlyMap<string, Representation>

  constructor(data: CatalogData) {
    this.data = data
    this.#relations = new Map(data.relations.map((relation) => [keyOf(relation), relation]))
    this.#relationships = groupBy(data.relationships, (rel) => keyOf(rel.from))
    this.#routines = groupBy(data.routines, keyOf)
    this.#representations = new Map(
      data.representations.map((item) => [`${item.source}\0${item.target}`, item]),
    )
  }

  relation(schema: string, name: string): Relation | null {
    return this.#relations.get(keyOf({ schema, name })) ?? null
  }

  /** All relationships that start at a relation, to relations of the same schema. */
  relationshipsOf(schema: string, name: string): readonly Relationship[] {
    return this.#relationships.get(keyOf({ schema, name })) ?? []
  }

  /** Every overload. */
  routines(schema: string, name: string): readonly Routine[] {
    return this.#routines.get(keyOf({ schema, name })) ?? []
  }

  representation(source: string, target: string): Representation | null {
    return this.#representations.get(`${source}\0${target}`) ?? null
  }

  relationNames(schema: string): string[] {
    return this.data.relations.filter((item) => item.schema === schema).map((item) => item.name)
  }

  routineNames(schema: string): string[] {
    return [
      ...new Set(
        this.data.routines.filter((item) => item.schema === schema).map((item) => item.name),
      ),
    ]
  }

  /** Names of relations that have a relationship. */
  relatedNames(schema: string): string[] {
    return [
      ...new Set(
        this.data.relationships
          .filter((rel) => rel.from.schema === schema)
          .map((rel) => rel.from.name),
      ),
    ]
  }
}

/** The items of each key, keys in the order they are met. */
export function groupBy<T>(items: readonly T[], keyOfItem: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) append(groups, keyOfItem(item), item)
  return groups
}

export function append<T>(groups: Map<string, T[]>, key: string, item: T): void {
  const found = groups.get(key)
  if (found === undefined) groups.set(key, [item])
  else found.push(item)
}

/** Equal schema and name. */
export function sameName(a: QualifiedName, b: QualifiedName): boolean {
  return a.name === b.name && a.schema === b.schema
}
