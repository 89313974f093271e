/** The functions and secrets of a project, over `/admin/v1`. */
import { CliError, secretVariable, refusal } from '#terminal'
import type { Terminal } from '#terminal'
import { runningProject, workdirOf } from '#project'
import type { CommonOptions } from '#project'

export interface RemoteOptions extends CommonOptions {
  readonly url?: string
  readonly projectRef?: string
  readonly json?: boolean
}

export interface DeployedFunction {
  readonly slug: string
  readonly version: number
  readonly updated_at: number
  readonly verify_jwt: boolean
  readonly entrypoint_path: string
  readonly kind: string
  readonly size: number
}

export interface KeptVersion {
  readonly version: number
  readonly is_active: boolean
  readonly created_at: number
  readonly verify_jwt: boolean
  readonly size: number
}

/** What is asked with, and where. */
export class FunctionsApi {
  readonly #base: string
  readonly #token: string

  constructor(url: string, ref: string, token: string) {
    this.#base = `${url.replace(/\/+$/, '')}/admin/v1/projects/${encodeURIComponent(ref)}`
    this.#token = token
  }

  async json<T>(method: string, path: string, body?: unknown): Promise<T> {
    const init =
      body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    const text = await (await this.send(method, path, init)).text()
    return (text === '' ? null : JSON.parse(text)) as T
  }

  /** @throws CliError with what the server said */
  async send(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    const headers = {
      ...(init.headers as Record<string, string> | undefined),
      authorization: `Bearer ${this.#token}`,
    }
    const response = await fetch(`${this.#base}${path}`, { ...init, method, headers }).catch(
      (error: unknown) => {
        const { cause } = error as { cause?: unknown }
        const why = cause instanceof Error ? cause.message : String(error)
        throw new CliError(`${this.#base} cannot be reached: ${why}.`)
      },
    )
    if (response.ok) return response
    throw refusal(await response.text(), response.status)
  }
}

const variables = ['BASALT_OPERATOR_TOKEN', 'SUPABASE_ACCESS_TOKEN']

/** The project that runs in this folder, or the one `--url` names. */
export function openApi(terminal: Terminal, options: RemoteOptions): FunctionsApi {
  const { url, projectRef = 'default' } = options
  if (url === undefined) {
    const { url: own, adminToken } = runningProject(workdirOf(terminal, options))
    return new FunctionsApi(own, projectRef, adminToken)
  }
  if (!/^https?:\/\/[^\s]+$/.test(url) || !URL.canParse(url))
    throw new CliError(`--url ${url}: expected http://… or https://…`)
  const token = variables.map((name) => secretVariable(terminal, name)).find(Boolean)
  if (token === undefined || token === null)
    throw new CliError(`There is no token for ${url}: set ${variables.join(' or ')}.`)
  return new FunctionsApi(url, projectRef, token)
}

export function checkName(name: string): string {
  if (/^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(name)) return name
  throw new CliError(
    `${name}: a function's name has letters, digits, _ and -, begins with a letter and has 64 characters at most.`,
  )
}
