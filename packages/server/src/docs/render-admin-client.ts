/** The routes of `/admin/v1` as TypeScript: what Studio's page is written against. */
import { adminDocument } from '#host/control-plane'

interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly enum?: readonly string[]
  readonly items?: JsonSchema
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
}

interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: JsonSchema }>> }>
  >
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

const member = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : `'${name}'`)

function typeOf(schema: JsonSchema): string {
  if (schema.enum !== undefined) {
    const values = schema.enum.map((value) => `'${value}'`)
    return [...values, ...(isNullable(schema) ? ['null'] : [])].join(' | ')
  }
  const types = schema.type === undefined ? [] : [schema.type].flat()
  return types.length === 0 ? 'unknown' : types.map((type) => typeNamed(type, schema)).join(' | ')
}

const isNullable = ({ type }: JsonSchema): boolean => Array.isArray(type) && type.includes('null')

function typeNamed(type: string, schema: JsonSchema): string {
  switch (type) {
    case 'integer':
    case 'number':
      return 'number'
    case 'array':
      return `readonly (${typeOf(schema.items ?? {})})[]`
    case 'object':
      return objectOf(schema)
    default:
      return type
  }
}

function objectOf({ properties, required = [] }: JsonSchema): string {
  if (properties === undefined) return 'Readonly<Record<string, unknown>>'
  const members = Object.entries(properties).map(
    ([name, schema]) =>
      `readonly ${member(name)}${required.includes(name) ? '' : '?'}: ${typeOf(schema)}`,
  )
  return `{ ${members.join('; ')} }`
}

/** `/projects/{ref}/catalog/relations/{oid}` → below the project, with `${string}` for names. */
const prefix = '/projects/{ref}'

function answerOf({ responses }: Operation): string {
  const [, answer] = Object.entries(responses).find(([status]) => status.startsWith('2')) ?? []
  const schema = answer?.content?.['application/json']?.schema
  return schema === undefined ? 'undefined' : typeOf(schema)
}

/** Paths of a project by method, and what each answers. */
export function renderAdminClient(): string {
  const { paths } = adminDocument() as Document
  const own = Object.entries(paths)
    .filter(([path]) => path === prefix || path.startsWith(`${prefix}/`))
    .map(([path, operations]) => ({ path: path.slice(prefix.length + 1), operations }))
  const methods = ['get', 'post', 'put', 'patch', 'delete']
  const unions = methods.map((method) => {
    const templates = own
      .filter(({ operations }) => operations[method] !== undefined)
      .map(({ path }) => `  | \`${path.replace(/\{\w+\}/g, '${string}')}\``)
    return `  ${method.toUpperCase()}:\n${templates.join('\n')}`
  })
  const answers = own.flatMap(({ path, operations }) =>
    Object.entries(operations).map(
      ([method, operation]) => `  '${method.toUpperCase()} ${path}': ${answerOf(operation)}`,
    ),
  )
  return `/** Generated from the table of routes of \`/admin/v1\` (\`npm run docs\`): paths below a project, and what they answer. */

export interface ProjectPaths {
${unions.join('\n')}
}

export interface ProjectAnswers {
${answers.join('\n')}
}
`
}
