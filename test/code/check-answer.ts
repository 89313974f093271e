/** Answers against the OpenAPI document: each has what is described, and nothing else. */
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

interface Document {
  readonly paths: Record<string, Record<string, { responses: Record<string, Response> }>>
  readonly components: { readonly responses: { readonly Error: Response } }
}
interface Response {
  readonly $ref?: string
  readonly content?: { readonly 'application/json': { readonly schema: object } }
}

export type CheckAnswer = (method: string, path: string, status: number, body: unknown) => void

/** @throws from what it returns: with what is wrong of the answer */
export async function openAnswerCheck(url: string): Promise<CheckAnswer> {
  const document = (await (await fetch(`${url}/api/v1/openapi.json`)).json()) as Document
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  formats.default(ajv)
  ajv.addSchema(closed(document) as object, 'api')
  const routes = Object.keys(document.paths).map((path) => ({
    path,
    form: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`),
  }))
  return (method, path, status, body) => {
    const asked = new URL(path, url).pathname
    // what is fixed goes before what is not: `/documents/search`
    const fitting = routes.filter(({ form }) => form.test(asked))
    const route = fitting.find((one) => one.path === asked) ?? fitting[0]
    const operation = route && document.paths[route.path]?.[method.toLowerCase()]
    const range = status < 300 && status !== 204 ? '2XX' : String(status)
    const name = operation?.responses[range] === undefined ? 'default' : range
    const response =
      name === 'default' ? document.components.responses.Error : operation?.responses[name]
    if (response?.content === undefined) return
    const place =
      name === 'default'
        ? '/components/responses/Error'
        : `/paths/${escaped(route?.path ?? '')}/${method.toLowerCase()}/responses/${name}`
    const schema = { $ref: `api#${place}/content/application~1json/schema` }
    if (!ajv.validate(schema, body))
      throw new Error(`${method} ${path} is not as described: ${ajv.errorsText()}`)
  }
}

const escaped = (part: string): string =>
  encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))

/** Objects whose fields are described have no others. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed)
  if (typeof value !== 'object' || value === null) return value
  const all = Object.fromEntries(Object.entries(value).map(([name, one]) => [name, closed(one)]))
  return Array.isArray(all['required']) && all['properties'] !== undefined
    ? { additionalProperties: false, ...all }
    : all
}
