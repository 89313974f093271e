/** The whole file: the database's type, helpers to pick from it, its enums as values. */
import { FunctionTypes } from './function-types.ts'
import { helperTypes } from './helper-types.ts'
import { group, hardLine, indent, join, printLayout } from './layout.ts'
import type { Layout } from './layout.ts'
import { relationMember } from './relation-types.ts'
import { compareNames } from './shape.ts'
import type { Shape } from './shape.ts'
import { createTypeOf } from './type-of.ts'
import type { TypeOf } from './type-of.ts'
import {
  keyOf,
  layoutList,
  layoutType,
  openObject,
  orNull,
  quote,
  section,
  union,
} from './type-layout.ts'
import type { Member } from './type-layout.ts'

export interface RenderOptions {
  /** Which PostgREST the client is told it talks to; null leaves it to `createClient`. */
  readonly postgrestVersion: string | null
  /** Relationships say whether there is at most one. */
  readonly detectsOneToOne: boolean
}

/** `export type Json = …; export type Database = …` */
export function renderTypes(shape: Shape, options: RenderOptions): string {
  const typeOf = createTypeOf(shape)
  const functions = new FunctionTypes(shape, typeOf)
  const schemas = shape.schemas.map((schema) => ({
    key: keyOf(schema),
    type: openObject(schemaMembers(schema, shape, typeOf, functions, options)),
  }))
  const database = printLayout(layoutType(openObject([...internals(options), ...schemas])))
  const constants = printLayout(layoutConstants(shape))
  return [
    json,
    `export type Database = ${withNote(database)}`,
    helperTypes,
    `export const Constants = ${constants} as const\n`,
  ].join('\n\n')
}

const json = `export type Json =
  | string
  | number
  | boolean
  | null
  | { [key: string]: Json | undefined }
  | Json[]`

const versionKey = '__InternalSupabase'

function internals({ postgrestVersion }: RenderOptions): Member[] {
  if (postgrestVersion === null) return []
  const version = { key: 'PostgrestVersion', type: quote(postgrestVersion) }
  return [{ key: versionKey, type: openObject([version]) }]
}

function withNote(database: string): string {
  return database.replace(
    `\n  ${versionKey}`,
    `\n  // Tells createClient<Database>() which PostgREST answers, and so what it can do\n  ${versionKey}`,
  )
}

function schemaMembers(
  schema: string,
  shape: Shape,
  typeOf: TypeOf,
  functions: FunctionTypes,
  { detectsOneToOne }: RenderOptions,
): Member[] {
  const { relationships } = shape
  const context = {
    typeOf,
    relationships,
    detectsOneToOne,
    computedFields: functions.computedFields.bind(functions),
  }
  const relations = shape.relations.filter((relation) => relation.schema === schema)
  const members = (isView: boolean): Member[] =>
    relations
      .filter(({ kind }) => (kind === 'view' || kind === 'materialized view') === isView)
      .map((relation) => relationMember(relation, context))
  return [
    { key: 'Tables', type: section(members(false)) },
    { key: 'Views', type: section(members(true)) },
    { key: 'Functions', type: section(functions.membersOf(schema)) },
    { key: 'Enums', type: section(enumMembers(schema, shape)) },
    { key: 'CompositeTypes', type: section(compositeMembers(schema, shape, typeOf)) },
  ]
}

interface Enum {
  readonly name: string
  readonly labels: readonly string[]
}

function enumsOf(schema: string, shape: Shape): Enum[] {
  return [...shape.types.values()]
    .filter((type) => type.schema === schema)
    .flatMap(({ name, labels }) => (labels === null ? [] : [{ name, labels }]))
    .toSorted((a, b) => compareNames(a.name, b.name))
}

function enumMembers(schema: string, shape: Shape): Member[] {
  return enumsOf(schema, shape).map(({ name, labels }) => ({
    key: keyOf(name),
    type: union(labels.map(quote)),
  }))
}

function compositeMembers(schema: string, { types }: Shape, typeOf: TypeOf): Member[] {
  return [...types.values()]
    .filter((type) => type.schema === schema && type.attributes !== null)
    .toSorted((a, b) => compareNames(a.name, b.name))
    .map(({ name, attributes }) => ({
      key: keyOf(name),
      type: openObject(
        (attributes ?? []).map((attribute) => ({
          key: keyOf(attribute.name),
          type: orNull(typeOf(attribute.type)),
        })),
      ),
    }))
}

/** `{ public: { Enums: { mood: ["good", "bad"] } } }`, a member a line. */
function layoutConstants(shape: Shape): Layout {
  return layoutValues(
    shape.schemas.map((schema) => [
      keyOf(schema),
      layoutValues([
        [
          'Enums',
          layoutValues(
            enumsOf(schema, shape).map(({ name, labels }) => [
              keyOf(name),
              layoutList(labels.map(quote)),
            ]),
          ),
        ],
      ]),
    ]),
  )
}

function layoutValues(entries: readonly (readonly [string, Layout])[]): Layout {
  if (entries.length === 0) return '{}'
  const each = entries.map(([key, value]) => [key, ': ', value, ','])
  return group(['{', indent([hardLine, join(hardLine, each)]), hardLine, '}'])
}
