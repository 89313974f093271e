/** The whole file: the database's type, helpers to pick from it, its enums as values. */
import { groupBy } from '#base/catalog'
import { TextBlocks, sortInSteps } from '#base/kernel'
import type { RelationRow, TypeRow } from '#services/meta/sql'
import { FunctionTypes } from './function-types.ts'
import { helperTypes } from './helper-types.ts'
import { printLayout } from './layout.ts'
import { relationMember } from './relation-types.ts'
import type { RelationContext } from './relation-types.ts'
import { compareNames } from './shape.ts'
import type { Shape } from './shape.ts'
import { createTypeOf } from './type-of.ts'
import type { TypeOf } from './type-of.ts'
import { keyOf, layoutList, layoutMember, openObject, orNull, quote, union } from './type-layout.ts'
import type { Member } from './type-layout.ts'

export interface RenderOptions {
  /** Which PostgREST the client is told it talks to; null leaves it to `createClient`. */
  readonly postgrestVersion: string | null
  /** Relationships say whether there is at most one. */
  readonly detectsOneToOne: boolean
}

/** `export type Json = …; export type Database = …`, as UTF-8; in steps of a table, a function, an enum each. */
export function* renderTypes(
  shape: Shape,
  options: RenderOptions,
): Generator<void, readonly Uint8Array[]> {
  const text = new TextBlocks()
  const schemas = yield* schemasOf(shape, options)
  text.write(`${json}\n\nexport type Database = `)
  yield* writeDatabase(text, schemas, options)
  text.write(`\n\n${helperTypes}\n\nexport const Constants = `)
  yield* writeConstants(text, schemas)
  text.write(' as const\n')
  return text.end()
}

const json = `export type Json =
  | string
  | number
  | boolean
  | null
  | { [key: string]: Json | undefined }
  | Json[]`

interface Enum {
  readonly name: string
  readonly labels: readonly string[]
}

interface SchemaTypes {
  readonly name: string
  readonly sections: readonly (readonly [name: string, members: Iterable<Member>])[]
  readonly enums: readonly Enum[]
}

function* schemasOf(
  shape: Shape,
  { detectsOneToOne }: RenderOptions,
): Generator<void, SchemaTypes[]> {
  const typeOf = createTypeOf(shape)
  const functions = yield* FunctionTypes.read(shape, typeOf)
  const relationships = groupBy(shape.relationships, ({ from }) => `${from.schema}\0${from.name}`)
  yield
  const relations = groupBy(shape.relations, ({ schema }) => schema)
  const named = yield* namedTypes(shape)
  const context: RelationContext = {
    typeOf,
    detectsOneToOne,
    relationshipsOf: ({ schema, name }) => relationships.get(`${schema}\0${name}`) ?? [],
    computedFields: functions.computedFields.bind(functions),
  }
  return shape.schemas.map((name) => {
    const own = relations.get(name) ?? []
    const types = named.get(name) ?? []
    const enums = types.flatMap((type) =>
      type.labels === null ? [] : [{ ...type, labels: type.labels }],
    )
    return {
      name,
      enums,
      sections: [
        ['Tables', relationMembers(own, false, context)],
        ['Views', relationMembers(own, true, context)],
        ['Functions', functions.membersOf(name)],
        ['Enums', enums.map(enumMember)],
        ['CompositeTypes', compositeMembers(types, typeOf)],
      ],
    }
  })
}

/** Enums and composite types by schema, in order. */
function* namedTypes({ types, schemas }: Shape): Generator<void, Map<string, TypeRow[]>> {
  const shown = new Set(schemas)
  const named = [...types.values()].filter(
    ({ schema, labels, attributes }) =>
      shown.has(schema) && (labels !== null || attributes !== null),
  )
  yield
  const inOrder = yield* sortInSteps(named, (a, b) => compareNames(a.name, b.name))
  return groupBy(inOrder, ({ schema }) => schema)
}

/** Made when they are written, one after the other. */
function* relationMembers(
  relations: readonly RelationRow[],
  isView: boolean,
  context: RelationContext,
): Generator<Member> {
  for (const relation of relations) {
    const { kind } = relation
    if ((kind === 'view' || kind === 'materialized view') === isView) {
      yield relationMember(relation, context)
    }
  }
}

function enumMember({ name, labels }: Enum): Member {
  return { key: keyOf(name), type: union(labels.map(quote)) }
}

function* compositeMembers(types: readonly TypeRow[], typeOf: TypeOf): Generator<Member> {
  for (const { name, attributes } of types) {
    if (attributes === null) continue
    const members = attributes.map((attribute) => ({
      key: keyOf(attribute.name),
      type: orNull(typeOf(attribute.type)),
    }))
    yield { key: keyOf(name), type: openObject(members) }
  }
}

const note = '// Tells createClient<Database>() which PostgREST answers, and so what it can do'

function* writeDatabase(
  text: TextBlocks,
  schemas: readonly SchemaTypes[],
  { postgrestVersion }: RenderOptions,
): Generator<void, void> {
  text.write('{')
  if (postgrestVersion !== null) {
    const version = openObject([{ key: 'PostgrestVersion', type: quote(postgrestVersion) }])
    text.write(`\n  ${note}\n  `)
    text.write(printLayout(layoutMember({ key: '__InternalSupabase', type: version }), 1))
  }
  for (const { name, sections } of schemas) {
    text.write(`\n  ${keyOf(name)}: {`)
    for (const [section, members] of sections) {
      text.write(`\n    ${section}: {`)
      yield* writeMembers(text, members)
      text.write('\n    }')
    }
    text.write('\n  }')
  }
  text.write('\n}')
}

function* writeMembers(text: TextBlocks, members: Iterable<Member>): Generator<void, void> {
  let isEmpty = true
  for (const member of members) {
    isEmpty = false
    text.write(`\n      ${printLayout(layoutMember(member), 3)}`)
    yield
  }
  // a type that has no keys but is no `{}`
  if (isEmpty) text.write('\n      [_ in never]: never')
}

/** `{ public: { Enums: { mood: ["good", "bad"] } } }`, a member a line. */
function* writeConstants(text: TextBlocks, schemas: readonly SchemaTypes[]): Generator<void, void> {
  text.write('{')
  for (const { name, enums } of schemas) {
    text.write(`\n  ${keyOf(name)}: {\n    Enums: {`)
    for (const { name: key, labels } of enums) {
      const member = [keyOf(key), ': ', layoutList(labels.map(quote)), ',']
      text.write(`\n      ${printLayout(member, 3)}`)
      yield
    }
    text.write(`${enums.length === 0 ? '' : '\n    '}},\n  },`)
  }
  text.write(`${schemas.length === 0 ? '' : '\n'}}`)
}
