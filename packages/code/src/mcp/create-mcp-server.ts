/** The searches as tools of the Model Context Protocol; each asks the API with the key of its user, limits and all. */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { z } from 'zod'

export interface McpOptions {
  /** Of the API: `http://127.0.0.1:8080`. */
  readonly url: string
  readonly apiKey: string
}

const scope = {
  repository_id: z.uuid().optional().describe('In this repository only'),
  language: z.string().max(50).optional().describe('typescript, python, go, …'),
  path: z.string().max(500).optional().describe('A glob of paths: src/*.ts'),
}
const page = {
  limit: z.number().int().min(1).max(200).optional().describe('How many, 20 by default'),
  cursor: z.string().max(4_000).optional().describe('next_cursor of the page before'),
}
const symbolId = {
  id: z
    .string()
    .regex(/^\d{1,18}$/)
    .describe('Of a symbol that was found'),
}
const readOnly = { annotations: { readOnlyHint: true } }

/** To be connected to a transport. */
export function createMcpServer(options: McpOptions): McpServer {
  const server = new McpServer({ name: 'basalt-code', version: '0.1.0' })
  const ask = (path: string, parameters: object, { signal }: Call) =>
    askApi(options, path, parameters, signal)
  server.registerTool(
    'search_symbols',
    {
      description: 'Finds functions, classes, methods and other symbols by name.',
      inputSchema: {
        pattern: z.string().min(1).max(256),
        match: z.enum(['exact', 'prefix', 'substring', 'glob', 'fuzzy']).optional(),
        kind: z.string().max(50).optional(),
        ...scope,
        ...page,
      },
      ...readOnly,
    },
    (input, call) => ask('/api/v1/symbols/search', input, call),
  )
  server.registerTool(
    'search_code',
    {
      description: 'Finds lines of code that contain a text or match a regular expression.',
      inputSchema: {
        pattern: z.string().min(1).max(1_000),
        regex: z.boolean().optional(),
        ignore_case: z.boolean().optional(),
        ...scope,
        ...page,
      },
      ...readOnly,
    },
    (input, call) => ask('/api/v1/search/code', input, call),
  )
  for (const [name, part, description] of [
    ['find_references', 'references', 'Where a symbol is referred to by its name.'],
    ['find_callers', 'callers', 'Which symbols call one of this name.'],
  ] as const)
    server.registerTool(
      name,
      { description, inputSchema: { ...symbolId, ...page }, ...readOnly },
      ({ id, ...rest }, call) => ask(`/api/v1/symbols/${id}/${part}`, rest, call),
    )
  server.registerTool(
    'list_files',
    {
      description: 'Lists indexed files by path.',
      inputSchema: { ...scope, ...page },
      ...readOnly,
    },
    (input, call) => ask('/api/v1/files', input, call),
  )
  server.registerTool(
    'read_file',
    {
      description: 'The text of an indexed file.',
      inputSchema: { id: z.string().regex(/^\d{1,18}$/) },
      ...readOnly,
    },
    ({ id }, call) => ask(`/api/v1/files/${id}`, {}, call),
  )
  server.registerTool(
    'list_repositories',
    { description: 'Lists the repositories of the key.', inputSchema: {}, ...readOnly },
    (_, call) => ask('/api/v1/repositories', {}, call),
  )
  server.registerTool(
    'search_documents',
    {
      description: 'Finds documents by words.',
      inputSchema: { q: z.string().min(1).max(500) },
      ...readOnly,
    },
    (input, call) => ask('/api/v1/documents/search', input, call),
  )
  return server
}

interface Call {
  /** Of its cancellation. */
  readonly signal: AbortSignal
}

interface ToolAnswer {
  [name: string]: unknown
  content: { type: 'text'; text: string }[]
  isError?: boolean
}

const timeoutMs = 30_000
/** The largest file that is read by default is 1 MB, six times that where JSON escapes all of it. */
const maxMb = 32

async function askApi(
  { url, apiKey }: McpOptions,
  path: string,
  parameters: object,
  cancelled: AbortSignal,
): Promise<ToolAnswer> {
  const target = new URL(path, url)
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined) target.searchParams.set(name, String(value))
  try {
    const response = await fetch(target, {
      headers: { 'x-api-key': apiKey },
      // the key is for this address
      redirect: 'manual',
      signal: AbortSignal.any([cancelled, AbortSignal.timeout(timeoutMs)]),
    })
    const text = await readText(response)
    if (text === null) return failure(`The API at ${url} answered more than ${maxMb} MB.`)
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
    if (!isJson)
      return failure(
        `The API at ${url} answered ${response.status}, and no JSON: is this the address of basalt code serve?`,
      )
    return { content: [{ type: 'text', text }], ...(response.ok ? {} : { isError: true }) }
  } catch (error) {
    const { cause, message } = error as Error
    const reason = cause instanceof Error ? cause.message : message
    return failure(`The API at ${url} did not answer: ${reason}`)
  }
}

/** Null where it is too large. */
async function readText({ body }: Response): Promise<string | null> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of (body ?? []) as AsyncIterable<Uint8Array>) {
    length += part.length
    if (length > maxMb * 1_048_576) return null
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function failure(text: string): ToolAnswer {
  return { content: [{ type: 'text', text }], isError: true }
}
