/** JSON Schema of answers, for the OpenAPI document. */

export type Schema = Readonly<Record<string, unknown>>
export type Schemas = Readonly<Record<string, Schema>>

export const text: Schema = { type: 'string' }
export const integer: Schema = { type: 'integer' }
export const number: Schema = { type: 'number' }
export const uuid: Schema = { type: 'string', format: 'uuid' }
/** ISO 8601. */
export const time: Schema = { type: 'string', format: 'date-time' }
/** Whatever its owner has put there. */
export const anyObject: Schema = { type: 'object' }
/** The `cursor` of the next page. */
export const nextCursor: Schema = { type: ['string', 'null'] }

export function oneOf(...values: readonly string[]): Schema {
  return { type: 'string', enum: values }
}

export function orNull(schema: Schema): Schema {
  const { enum: values } = schema
  return {
    ...schema,
    type: [schema['type'], 'null'],
    ...(Array.isArray(values) ? { enum: [...values, null] } : {}),
  }
}

export function listOf(items: Schema): Schema {
  return { type: 'array', items }
}

/** Each of `properties` is there, but for those that are named as `optional`. */
export function objectOf(properties: Schemas, optional: readonly string[] = []): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name))
  return { type: 'object', required, properties }
}

/** One of the document's components, by this name. */
export function named(title: string, schema: Schema): Schema {
  return { title, ...schema }
}
