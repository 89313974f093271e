/**
 * Functions as they were deployed, on this machine or another one. What is deployed is known in memory, so that no name costs
 * a query; a deployment elsewhere is heard of at once (NOTIFY), and seen within a second where nobody was heard.
 */
import { createHmac, randomBytes } from 'node:crypto'
import type { Config } from '#base/config'
import type { Database } from '#base/db'
import type { Clock, Log } from '#base/kernel'
import { FunctionFault } from '#services/functions/core'
import type { FunctionSource, RunnableFunction } from '#services/functions/core'
import type { ArtifactStore } from '#services/functions/artifact'
import type { DeployedFunction } from './deployed.ts'
import type { Registry } from './registry.ts'
import type { SecretStore } from './secret-store.ts'
import { channel } from './statements.ts'

export interface RegistrySourceOptions {
  readonly registry: Registry
  readonly secrets: SecretStore
  readonly artifacts: ArtifactStore
  /** Whose listening connection is shared. */
  readonly listenOn: Pick<Database, 'listen'>
  /** `[functions.<slug>]` and `[edge_runtime.secrets]` of this process: over what was deployed. */
  readonly config: () => Config
  readonly clock: Clock
  readonly log: Log
}

/** So long what is known is taken for what is, when nobody said otherwise. */
const freshMs = 900
/** For a look at the database. */
const maxWaitMs = 250

interface Known {
  readonly revision: string | null
  readonly config: Config
  readonly functions: ReadonlyMap<string, DeployedFunction>
  readonly secrets: Readonly<Record<string, string>>
  /** Made ready when it is first asked for. */
  readonly ready: Map<string, Ready>
}

interface Ready {
  readonly runnable: Promise<RunnableFunction>
  isPending: boolean
}

/** Resolves when deployments elsewhere are heard. */
export async function createRegistrySource(
  options: RegistrySourceOptions,
): Promise<FunctionSource> {
  const source = new RegistrySource(options)
  await source.listen()
  return source
}

class RegistrySource implements FunctionSource {
  readonly #options: RegistrySourceOptions
  /** Of versions: says nothing of what it was made of. */
  readonly #key = randomBytes(32)
  #known: Known | null = null
  #checkedMs = Number.NEGATIVE_INFINITY
  #reading: Promise<Known> | null = null
  #stopListening: () => void = () => {}

  constructor(options: RegistrySourceOptions) {
    this.#options = options
  }

  async listen(): Promise<void> {
    const { listenOn, registry, log } = this.#options
    const look = (): void => void (this.#checkedMs = Number.NEGATIVE_INFINITY)
    const onNotify = (payload: string): void => {
      if (payload === registry.ref) look()
    }
    try {
      this.#stopListening = await listenOn.listen(channel, onNotify, look)
    } catch (error) {
      log.warn('deployments by other processes are seen a second later', { error: String(error) })
    }
  }

  async find(slug: string): Promise<RunnableFunction | null> {
    const known = this.#isFresh() ? (this.#known as Known) : await this.#check()
    const deployed = known.functions.get(slug)
    if (deployed === undefined || known.config.functions[slug]?.enabled === false) return null
    const ready = known.ready.get(slug)
    const isReady = ready?.isPending === true || this.#options.artifacts.use(deployed.sha256)
    return ready !== undefined && isReady ? ready.runnable : this.#prepare(known, deployed)
  }

  close(): Promise<void> {
    this.#stopListening()
    return Promise.resolve()
  }

  #isFresh(): boolean {
    const { clock, config } = this.#options
    return this.#known?.config === config() && clock.now() - this.#checkedMs < freshMs
  }

  /** A database that takes long holds nobody up who could be served with what is known. */
  async #check(): Promise<Known> {
    const reading = (this.#reading ??= this.#read().finally(() => (this.#reading = null)))
    const known = this.#known
    if (known === null) return reading
    let timer: NodeJS.Timeout | undefined
    const patience = new Promise<Known>((resolve) => {
      timer = setTimeout(() => resolve(this.#known ?? known), maxWaitMs)
    })
    return Promise.race([reading, patience]).finally(() => clearTimeout(timer))
  }

  async #read(): Promise<Known> {
    const { registry, config, clock, log } = this.#options
    const before = this.#known
    // from before the question: what is said meanwhile is asked for again
    this.#checkedMs = clock.now()
    try {
      const now = config()
      const revision = await registry.revision()
      if (before !== null && before.revision === revision && before.config === now) return before
      this.#known = await this.#readAll(revision, now)
      return this.#known
    } catch (error) {
      if (before === null) {
        this.#checkedMs = Number.NEGATIVE_INFINITY
        throw error
      }
      log.warn('what is deployed could not be read: what was known is served', {
        error: String(error),
      })
      return before
    }
  }

  async #readAll(revision: string | null, config: Config): Promise<Known> {
    const { registry, secrets } = this.#options
    const functions = new Map((await registry.list()).map((deployed) => [deployed.slug, deployed]))
    const values = { ...config['edge_runtime.secrets'], ...(await secrets.values()) }
    return { revision, config, functions, secrets: values, ready: new Map() }
  }

  #prepare(known: Known, deployed: DeployedFunction): Promise<RunnableFunction> {
    const ready: Ready = { runnable: this.#makeReady(known, deployed), isPending: true }
    known.ready.set(deployed.slug, ready)
    ready.runnable.then(
      () => (ready.isPending = false),
      // tried again with the next call
      () => known.ready.delete(deployed.slug),
    )
    return ready.runnable
  }

  async #makeReady(known: Known, deployed: DeployedFunction): Promise<RunnableFunction> {
    const { slug, entrypoint, kind, version } = deployed
    const folder = await this.#open(deployed)
    const own = known.config.functions[slug]
    const env = { ...known.secrets, ...own?.env }
    const state = JSON.stringify([deployed.id, deployed.artifact, env])
    const tag = createHmac('sha256', this.#key).update(state).digest('hex').slice(0, 12)
    return {
      slug,
      version: `${version}-${tag}`,
      folder,
      entrypoint,
      kind,
      verifyJwt: deployed.verifyJwt,
      env,
    }
  }

  async #open(deployed: DeployedFunction): Promise<string> {
    const { artifacts } = this.#options
    const folder = await artifacts.open(deployed).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error)
      throw new FunctionFault(
        `Version ${deployed.version} of ${deployed.slug} cannot be unpacked: ${why}`,
        null,
        error,
      )
    })
    if (folder !== null) return folder
    throw new FunctionFault(
      `Version ${deployed.version} of ${deployed.slug} is not where its bytes should be kept: deploy it again`,
    )
  }
}
