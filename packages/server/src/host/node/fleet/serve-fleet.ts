/** `basalt serve`: one process of a fleet, its ports and its orderly end. */
import { createControlApi, openControlDatabase } from '#host/control-plane'
import type { ControlDatabase, ProjectAccess } from '#host/control-plane'
import { createFleet } from '#host/fleet'
import type { Fleet } from '#host/fleet'
import { openObserver } from '#host/observe'
import type { RequestObserver } from '#host/observe'
import { openBus } from '#host/platform'
import type { Config } from '#base/config'
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import { systemClock, systemRandom } from '#base/kernel'
import type { Log } from '#base/kernel'
import type { ResolveSecret } from '#base/secret'
import { StartError } from '#host/node/core'
import { certificateExpiry, serveAdmin, serveApi, serveMetrics } from '#host/node/http'
import { openServeBackend, serveStudio } from '#host/node/studio'
import type { Studio, StudioBackend } from '#host/node/studio'
import type { Listening } from '#host/node/http'
import { addressesOf } from './fleet-addresses.ts'
import { secretsOf } from './secrets-of.ts'
import { projectBlobs, projectFunctions } from './project-parts.ts'
import { checkNode } from './check-node.ts'

export interface ServeFleetOptions {
  readonly config: Config
  /** Opens what is sealed in the control database: 32 bytes. */
  readonly masterKey: Uint8Array
  /** The one before it, until everything is sealed with the present one. */
  readonly previousMasterKey: Uint8Array | null
  /** Certificates of `[api.tls]` are relative to `supabase/` in it. */
  readonly workdir: string
  /** Tells the processes of a machine apart: each keeps functions in folders of its own. */
  readonly slot: number
  /** Without it metrics are the business of who started this process. */
  readonly servesAdmin: boolean
  /** Of Studio's built page; null: Studio's address says that there is none. Without it there is no Studio. */
  readonly studioFolder?: string | null
  readonly log: Log
}

export interface FleetServer {
  /** Of this node. */
  readonly url: string
  readonly adminUrl: string | null
  readonly studioUrl: string | null
  readonly port: number
  readonly fleet: Fleet
  /** Answers requests in flight, tells sockets to come again, closes everything. */
  stop(): Promise<void>
}

/** Resolves when requests are answered. Rejects with a reason to show (`StartError`), nothing left running. */
export async function serveFleet(options: ServeFleetOptions): Promise<FleetServer> {
  const { config, log } = options
  const controlUrl = checkNode(config)
  const resolveSecret = secretsOf(config, log)
  const node = new Node(options, resolveSecret)
  try {
    await node.listen()
    const control = await openControlDatabase({
      url: await resolveSecret(controlUrl),
      resolveSecret,
      masterKey: options.masterKey,
      ...(options.previousMasterKey === null
        ? {}
        : { previousMasterKey: options.previousMasterKey }),
      log,
      clock: systemClock,
    }).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error)
      throw new StartError('config', `The control database cannot be used: ${why}`, error)
    })
    await node.open(control)
    return node.describe()
  } catch (error) {
    await node.stop()
    throw error
  }
}

class Node {
  readonly #options: ServeFleetOptions
  readonly #secrets: ResolveSecret
  #listeners: Listening[] = []
  #control: ControlDatabase | null = null
  #fleet: Fleet | null = null
  #admin: Listening | null = null
  #observer: RequestObserver | null = null
  #studio: Studio | null = null
  #openBackend: (() => Promise<StudioBackend>) | null = null

  constructor(options: ServeFleetOptions, resolveSecret: ResolveSecret) {
    this.#options = options
    this.#secrets = resolveSecret
  }

  /** The ports first: an occupied one is told before anything else is done. */
  async listen(): Promise<void> {
    const { config, workdir, log, servesAdmin } = this.#options
    const parts = { config, workdir, log }
    const api = await serveApi(parts, {
      handle: (request) => this.#fleet?.handle(request) ?? starting(),
      upgrade: async (request) => this.#fleet?.upgrade(request) ?? { refusal: await starting() },
    })
    this.#listeners.push(api)
    if (servesAdmin) {
      this.#admin = await serveAdmin(
        parts,
        (request) => this.#fleet?.handleAdmin(request) ?? starting(),
      )
      this.#listeners.push(this.#admin)
      const metrics = await serveMetrics(
        parts,
        (request) => this.#fleet?.handleAdmin(request) ?? starting(),
      )
      if (metrics !== null) this.#listeners.push(metrics)
    }
    await this.#listenForStudio()
  }

  /** Another node of this machine may have its port: that one serves it. */
  async #listenForStudio(): Promise<void> {
    const { config, log, studioFolder: folder } = this.#options
    if (!config['studio.enabled'] || folder === undefined) return
    const open = async () => (await this.#openBackend?.()) ?? null
    try {
      this.#studio = await serveStudio({ config, log, folder, open })
      this.#listeners.push(this.#studio)
    } catch (error) {
      if (!(error instanceof StartError) || error.failure !== 'port-in-use') throw error
      log.warn('Studio is not served by this node', { reason: error.message })
    }
  }

  async open(control: ControlDatabase): Promise<void> {
    this.#control = control
    const { config, workdir, log, slot } = this.#options
    const addresses = addressesOf(config, this.#listeners[0]?.port ?? 0)
    const { baseDomain, externalUrl, template } = addresses
    // for commands and the API: a node that says something else is the newer one
    await control.settings.set('external_url', template)
    const controlApi = createControlApi({
      parts: control,
      access: this.#access(),
      allowedOrigins: config['basalt.admin_origins'],
      log,
    })
    this.#observer = await openObserver(config, log)
    const fleet = createFleet({
      config,
      directory: control.directory,
      baseDomain,
      externalUrl,
      bus: await openBus(config, log),
      control: (request) => controlApi.handle(request),
      maxProjects: config['basalt.fleet.max_projects'],
      idleMs: config['basalt.fleet.idle_timeout'],
      patienceMs: config['basalt.fleet.open_timeout'],
      blobsOf: projectBlobs,
      functionsOf: projectFunctions(`${config['api.port']}-${slot}`, log),
      resolveSecret: this.#secrets,
      secretsMs: config['basalt.secrets.refresh'],
      observer: this.#observer,
      certificates: certificateExpiry(config, workdir),
      log,
      clock: systemClock,
      random: systemRandom,
    })
    this.#fleet = fleet
    this.#openBackend = () =>
      openServeBackend({ sessions: control.sessions, api: controlApi, template })
    // what nobody has to wait for
    void fleet.start()
  }

  /** Projects as operators ask for them; the fleet is there by then. */
  #access(): ProjectAccess {
    const fleet = (): Fleet => this.#fleet as Fleet
    return {
      handle: (ref, request) => fleet().handleFor(ref, request),
      stats: (ref) => Promise.resolve(fleet().stats(ref)),
      running: (ref) => fleet().running(ref),
      mail: null,
      nodeHealth: () => Promise.resolve({ status: 'ok', ...fleet().load() }),
    }
  }

  describe(): FleetServer {
    const { config } = this.#options
    const [api] = this.#listeners as [Listening]
    const admin = this.#admin
    const scheme = config['api.tls.enabled'] ? 'https' : 'http'
    return {
      url: `${scheme}://${config['basalt.host']}:${api.port}`,
      adminUrl: admin === null ? null : `http://${admin.host}:${admin.port}`,
      studioUrl: this.#studio?.url ?? null,
      port: api.port,
      fleet: this.#fleet as Fleet,
      stop: () => this.stop(),
    }
  }

  async stop(): Promise<void> {
    const { config } = this.#options
    const deadlineMs = config['basalt.shutdown_timeout']
    const delayMs = config['basalt.shutdown_delay']
    if (this.#fleet !== null && delayMs > 0) {
      this.#fleet.retire()
      await new Promise((resolve) => setTimeout(resolve, delayMs))
    }
    await Promise.all(this.#listeners.map((listener) => listener.close(deadlineMs, delayMs)))
    this.#listeners = []
    await this.#fleet?.close()
    await this.#observer?.close()
    await this.#control?.close()
    this.#fleet = null
    this.#control = null
  }
}

function starting(): Promise<HttpResponse> {
  const body = { code: 'starting', message: 'The node is starting' }
  return Promise.resolve(jsonResponse(503, body, { 'retry-after': '1' }))
}
