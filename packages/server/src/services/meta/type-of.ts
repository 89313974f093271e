/** Types of Postgres as types of TypeScript. */
import type { TypeRow } from '#services/meta/sql'
import type { Shape } from './shape.ts'
import { array, union } from './type-layout.ts'
import { quote } from './type-layout.ts'
import type { TsType } from './type-layout.ts'

const byName: Readonly<Record<string, string>> = {
  bool: 'boolean',
  ...named('number', 'int2 int4 int8 float4 float8 numeric'),
  ...named(
    'string',
    'bytea bpchar varchar date text citext time timetz timestamp timestamptz uuid vector interval',
  ),
  ...named('Json', 'json jsonb'),
  void: 'undefined',
  record: 'Record<string, unknown>',
}

function named(type: string, names: string): Record<string, string> {
  return Object.fromEntries(names.split(' ').map((name) => [name, type]))
}

/** By the type's number; what has no counterpart (ranges, domains of arguments, …) is `unknown`. */
export type TypeOf = (oid: number) => TsType

/** `typeOf(23)` → `'number'` */
export function createTypeOf({ schemas, types, relations }: Shape): TypeOf {
  const shown = new Set(schemas)
  const relationsById = new Map(relations.map((relation) => [relation.oid, relation]))

  function typeOf(oid: number): TsType {
    const type = types.get(oid)
    if (type === undefined) return 'unknown'
    if (type.element !== null) return array(typeOf(type.element))
    return (Object.hasOwn(byName, type.name) ? byName[type.name] : undefined) ?? ownType(type)
  }

  function ownType(type: TypeRow): TsType {
    const isShown = shown.has(type.schema)
    if (type.labels !== null) {
      return isShown ? inDatabase(type.schema, 'Enums', type.name) : union(type.labels.map(quote))
    }
    if (type.attributes !== null) {
      return isShown ? inDatabase(type.schema, 'CompositeTypes', type.name) : 'unknown'
    }
    const relation = type.relation === null ? undefined : relationsById.get(type.relation)
    if (relation?.kind !== 'table' && relation?.kind !== 'view') return 'unknown'
    const section = relation.kind === 'table' ? 'Tables' : 'Views'
    return `${inDatabase(relation.schema, section, relation.name)}["Row"]`
  }

  return typeOf
}

function inDatabase(schema: string, section: string, name: string): string {
  return `Database[${quote(schema)}]["${section}"][${quote(name)}]`
}
