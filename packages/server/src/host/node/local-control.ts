/** `/admin/v1` for the one project of this machine, as Studio asks it; loaded with the first request. */
import type { ControlApi } from '#host/control-plane'
import type { Platform } from '#host/platform'
import type { Config, ConfigProblem, ConfigSources, ConfigTree } from '#base/config'
import { bytesBody } from '#base/http'
import type { HttpRequest, HttpResponse } from '#base/http'
import { neverCancelled } from '#base/kernel'
import type { Clock, Log } from '#base/kernel'
import type { ProjectKeys } from '#base/token'
import { studioErrors } from '#host/node/studio'

export const localRef = 'default'

/** What of a project that runs it takes. */
export interface LocalProject {
  readonly platform: Platform
  readonly database: { readonly platformUrl: string; readonly userUrl: string }
  readonly workdir: string
}

export interface LocalControlOptions {
  /** What the process began with. */
  readonly config: Config
  readonly sources: ConfigSources
  readonly log: Log
  readonly clock: Clock
  /** Caught mail; null where none is caught. */
  readonly mail: () => ((request: HttpRequest) => Promise<HttpResponse>) | null
}

interface Opened {
  readonly api: ControlApi
  close(): Promise<void>
}

export class LocalControl {
  readonly #options: LocalControlOptions
  #opened: Promise<Opened> | null = null
  #of: LocalProject | null = null
  #keys: ProjectKeys | null = null

  constructor(options: LocalControlOptions) {
    this.#options = options
  }

  /** While the database is reset, those of before. */
  keysOf(stack: LocalProject | null): ProjectKeys {
    if (stack !== null) this.#keys = stack.platform.keys
    return this.#keys as ProjectKeys
  }

  /** Of the database there is. @throws studio_starting */
  async api(stack: LocalProject | null): Promise<ControlApi> {
    if (stack === null) throw studioErrors.studio_starting()
    if (this.#of !== stack) {
      await this.release()
      this.#of = stack
      this.#opened = openControl(stack, this.#options)
    }
    return (await (this.#opened as Promise<Opened>)).api
  }

  /** Its sessions in the database. */
  async release(): Promise<void> {
    const opened = this.#opened
    this.#opened = null
    this.#of = null
    await (await opened?.catch(() => null))?.close()
  }
}

async function openControl(stack: LocalProject, options: LocalControlOptions): Promise<Opened> {
  const { config, sources, log, clock } = options
  const { createControlApi, singleProject } = await import('#host/control-plane')
  const { platform, database } = stack
  const parts = singleProject({
    ref: localRef,
    name: platform.config.project_id ?? localRef,
    databaseUrl: database.platformUrl,
    externalUrl: platform.externalUrl,
    clock,
    folder: { workdir: stack.workdir, databaseUrl: database.userUrl },
    base: config,
    sources,
    config: () => platform.config,
    keys: () => platform.keys,
    changeConfig: (patch) => changeConfig(platform, patch),
  })
  const api = createControlApi({
    parts,
    access: {
      handle: (_, request) => platform.handle(ownRequest(request)),
      stats: () => Promise.resolve({ state: 'open', ...platform.stats() }),
      running: () => platform.running,
      mail: options.mail(),
      nodeHealth: () => Promise.resolve({ status: 'ok' }),
    },
    allowedOrigins: [],
    log,
  })
  return { api, close: () => parts.close() }
}

/** Whoever asked Studio was let in there: to the project it is a call inside its own process. */
function ownRequest(request: HttpRequest): HttpRequest {
  const { method, path, query, headers, cancellation, body } = request
  return { method, path, query, headers, cancellation, body, remoteAddress: '' }
}

/** By the project's own endpoint, which knows what may not be changed. */
async function changeConfig(
  platform: Platform,
  patch: ConfigTree,
): Promise<readonly ConfigProblem[]> {
  const { serviceRoleKey } = platform.keys
  const answer = await platform.handle({
    method: 'PATCH',
    path: `/admin/v1/projects/${localRef}/config`,
    query: '',
    headers: {
      apikey: serviceRoleKey,
      authorization: `Bearer ${serviceRoleKey}`,
      'content-type': 'application/json',
    },
    remoteAddress: '',
    cancellation: neverCancelled,
    body: bytesBody(Buffer.from(JSON.stringify(patch))),
  })
  if (answer.status === 200 || typeof answer.body !== 'string') return []
  const { problems, message } = JSON.parse(answer.body) as {
    problems?: readonly { readonly key: string | null; readonly message: string }[]
    message?: string
  }
  const source = 'configuration'
  if (problems === undefined) return [{ source, key: null, message: message ?? 'cannot be used' }]
  return problems.map((problem) => ({ source, ...problem }))
}
