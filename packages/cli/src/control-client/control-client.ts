/** `/admin/v1` of a fleet: of a node, with an operator's token, or in this process on the control database itself. */
import {
  callControl,
  createControlApi,
  loadNodeConfig,
  openControlDatabase,
  secretsOf,
} from '@basalt/server/fleet'
import { CliError, secretVariable, refusal } from '#terminal'
import type { Terminal } from '#terminal'
import type { CommonOptions } from '#project'
import { masterKeys } from './master-keys.ts'

export interface FleetOptions extends CommonOptions {
  readonly controlDbUrl?: string
  readonly url?: string
  readonly output?: string
}

/** Asks, and gives what is in the answer. @throws CliError with what was said */
export type Ask = <T>(method: string, path: string, body?: unknown) => Promise<T>

/** Whoever has the control database and its key may do all that an owner may. */
const actor = { name: 'cli', address: null }

/** `work` with the way to ask, which is closed behind it. */
export async function withControl<T>(
  terminal: Terminal,
  options: FleetOptions,
  work: (ask: Ask) => Promise<T>,
): Promise<T> {
  const { url } = options
  if (url !== undefined) return work(askNode(terminal, url))
  return withControlDatabase(terminal, options, (control) => {
    const log = errorsTo(terminal)
    const api = createControlApi({ parts: control, access: null, allowedOrigins: [], log })
    return work(async <T>(method: string, path: string, body?: unknown): Promise<T> => {
      const { status, text } = await callControl(api, actor, method, path, body)
      return valueOf(status, text) as T
    })
  })
}

/** What keeps the commands from their work is thrown; this is what happens beside it. */
function errorsTo(terminal: Terminal) {
  const ignore = (): void => {}
  const error = (message: string): void => terminal.err(`${message}\n`)
  return { debug: ignore, info: ignore, warn: ignore, error }
}

export type Control = Awaited<ReturnType<typeof openControlDatabase>>

export async function withControlDatabase<T>(
  terminal: Terminal,
  options: FleetOptions,
  work: (control: Control) => Promise<T>,
): Promise<T> {
  const given = options.controlDbUrl ?? secretVariable(terminal, 'BASALT_CONTROL_DB_URL')
  if (given === null)
    throw new CliError(
      'Which fleet? Give --control-db-url (or BASALT_CONTROL_DB_URL), or --url of a node with a token in BASALT_OPERATOR_TOKEN.',
    )
  const { masterKey, previousMasterKey } = masterKeys(terminal)
  const log = errorsTo(terminal)
  // as a node reads them: by its variables
  const resolveSecret = secretsOf(loadNodeConfig({ file: null }).config, log)
  const control = await openControlDatabase({
    url: await resolveSecret(given),
    resolveSecret,
    masterKey,
    ...(previousMasterKey === null ? {} : { previousMasterKey }),
    log,
  })
  try {
    return await work(control)
  } finally {
    await control.close()
  }
}

function askNode(terminal: Terminal, url: string): Ask {
  if (!/^https?:\/\/[^\s]+$/.test(url) || !URL.canParse(url))
    throw new CliError(`--url ${url}: expected http://… or https://…`)
  const token = secretVariable(terminal, 'BASALT_OPERATOR_TOKEN')
  if (token === null)
    throw new CliError(
      `There is no token for ${url}: set BASALT_OPERATOR_TOKEN (basalt operators token makes one).`,
    )
  const base = `${url.replace(/\/+$/, '')}/admin/v1`
  return async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(base + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((error: unknown) => {
      const { cause } = error as { cause?: unknown }
      throw new CliError(
        `${base} cannot be reached: ${cause instanceof Error ? cause.message : String(error)}.`,
      )
    })
    return valueOf(response.status, await response.text()) as T
  }
}

interface Problem {
  readonly key: string | null
  readonly message: string
}

function valueOf(status: number, text: string): unknown {
  if (status < 300) return text === '' ? null : (JSON.parse(text) as unknown)
  const said = refusal(text, status)
  const problems = problemsIn(text)
  const listed = problems.map(({ key, message }) => `- ${key ?? 'the whole'}: ${message}`)
  throw new CliError([said.message, ...listed].join('\n'))
}

function problemsIn(text: string): readonly Problem[] {
  try {
    const { problems } = JSON.parse(text) as { problems?: readonly Problem[] }
    return problems ?? []
  } catch {
    return []
  }
}
