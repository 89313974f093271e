/** The functions of a `supabase/` folder: found as the CLI finds them, made ready at their first call, again when a file changes. */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Config } from '#base/config'
import type { Log } from '#base/kernel'
import { FunctionFault, slugPattern } from '#services/functions/core'
import type { FunctionSource, Prepare, RunnableFunction } from '#services/functions/core'
import { below, filesOf, hashOf, maxBytes, signatureOf } from './function-files.ts'
import type { SourceFile } from './function-files.ts'
import { readEnvFile } from './read-env-file.ts'

export interface FolderSourceOptions {
  /** Holds `supabase/`. */
  readonly workdir: string
  /** Read at each look: it may change. */
  readonly config: () => Config
  /** Where functions are made ready, absolute; made when it is asked for. */
  readonly folder: () => string
  readonly prepare: Prepare
  readonly log: Log
  readonly now: () => number
}

/** How often files are looked at; where that takes long, so much of the time at most. */
const lookEveryMs = 300
const lookShare = 0.02
/** A function that could not be made ready is tried again after this time. */
const retryMs = 2000
/** Earlier versions: their workers may still read. */
const keptVersions = 3

interface Known {
  lookAgainMs: number
  signature: string
  result: Promise<RunnableFunction>
}

export class FolderSource implements FunctionSource {
  readonly #options: FolderSourceOptions
  readonly #root: string
  readonly #known = new Map<string, Known>()
  #envText = ''
  #envVersion = 0

  constructor(options: FolderSourceOptions) {
    this.#options = options
    this.#root = join(options.workdir, 'supabase', 'functions')
  }

  async find(slug: string, isFresh = false): Promise<RunnableFunction | null> {
    const known = this.#known.get(slug)
    if (known !== undefined && !isFresh && this.#options.now() < known.lookAgainMs)
      return known.result
    const place = this.#place(slug)
    if (place === null) {
      this.#known.delete(slug)
      return null
    }
    const began = performance.now()
    const files = filesOf(this.#root, slug, place.entrypoint)
    const env = this.#env(slug)
    const signature = `${JSON.stringify(place)} ${env.version}\n${signatureOf(files)}`
    const tookMs = performance.now() - began
    const lookAgainMs = this.#options.now() + Math.max(lookEveryMs, tookMs / lookShare)
    if (known?.signature === signature) {
      if (await isThere(known.result)) {
        known.lookAgainMs = lookAgainMs
        return known.result
      }
      // somebody else has begun to make it meanwhile
      const other = this.#known.get(slug)
      if (other !== undefined && other !== known) return other.result
    }
    const result = this.#make(slug, place, files, env)
    const made: Known = { lookAgainMs, signature, result }
    this.#known.set(slug, made)
    result.catch(() => {
      // the network may be back, or a file half written be whole
      setTimeout(() => {
        if (this.#known.get(slug) === made) this.#known.delete(slug)
      }, retryMs).unref()
    })
    return result
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #place(slug: string): Place | null {
    if (!slugPattern.test(slug)) return null
    const settings = this.#options.config().functions[slug]
    if (settings?.enabled === false) return null
    const verifyJwt = settings?.verify_jwt ?? true
    const importMap = this.#named(settings?.import_map ?? null)
    const manifest = `${slug}/manifest.json`
    const named = this.#named(settings?.entrypoint ?? null)
    if (named === null && isFile(join(this.#root, manifest)))
      return { kind: 'wasm', entrypoint: manifest, importMap: null, verifyJwt }
    const entrypoint = named ?? `${slug}/index.ts`
    if (!isFile(join(this.#root, entrypoint))) return null
    return { kind: 'javascript', entrypoint, importMap, verifyJwt }
  }

  /** A path of config.toml, relative to `supabase/`, as one below `supabase/functions`. */
  #named(path: string | null): string | null {
    if (path === null || path === '') return null
    const found = below(this.#root, resolve(this.#options.workdir, 'supabase', path))
    if (found === null)
      throw new FunctionFault(
        `${path} is not in supabase/functions: functions have their files there`,
      )
    return found
  }

  #env(slug: string): Variables {
    const path = join(this.#root, '.env')
    const config = this.#options.config()
    const text = isFile(path) ? readFileSync(path, 'utf8') : ''
    const all = JSON.stringify([text, config['edge_runtime.secrets'], config.functions])
    if (all !== this.#envText) {
      this.#envText = all
      this.#envVersion++
    }
    const variables = {
      ...readEnvFile(text),
      ...config['edge_runtime.secrets'],
      ...config.functions[slug]?.env,
    }
    for (const name of Object.keys(variables))
      if (name.startsWith('SUPABASE_')) delete variables[name]
    return { variables, version: this.#envVersion }
  }

  async #make(
    slug: string,
    place: Place,
    files: readonly SourceFile[],
    env: Variables,
  ): Promise<RunnableFunction> {
    const bytes = files.reduce((sum, { size }) => sum + size, 0)
    if (bytes > maxBytes)
      throw new FunctionFault(`Its files have ${bytes} bytes: ${maxBytes} are allowed`)
    const hash = await hashOf(
      this.#root,
      files,
      JSON.stringify([place.entrypoint, place.importMap]),
    )
    const folder = join(this.#options.folder(), `${slug}-${hash}`)
    const { kind, entrypoint, verifyJwt } = place
    if (!existsSync(join(folder, '.ready'))) await this.#prepare(folder, slug, place, files)
    await this.#removeOld(slug, folder)
    return {
      slug,
      version: `${hash}.${env.version}`,
      folder,
      entrypoint,
      kind,
      verifyJwt,
      env: env.variables,
    }
  }

  async #prepare(
    folder: string,
    slug: string,
    place: Place,
    files: readonly SourceFile[],
  ): Promise<void> {
    const { log, prepare } = this.#options
    const draft = `${folder}.draft-${process.pid}`
    await rm(draft, { recursive: true, force: true })
    for (const { path } of files) {
      const target = join(draft, 'source', path)
      await mkdir(dirname(target), { recursive: true })
      // links are followed: what they lead to is what was written
      await copyFile(join(this.#root, path), target)
    }
    try {
      if (place.kind === 'javascript') {
        const { entrypoint, importMap } = place
        const onProgress = (message: string): void => log.info(message, { function: slug })
        await prepare({ folder: draft, entrypoint, importMap, onProgress })
      }
      await writeFile(join(draft, '.ready'), '')
      await rm(folder, { recursive: true, force: true })
      await rename(draft, folder)
    } finally {
      await rm(draft, { recursive: true, force: true })
    }
  }

  async #removeOld(slug: string, current: string): Promise<void> {
    const folder = this.#options.folder()
    const versions = readdirSync(folder)
      .filter(
        (name) => name.startsWith(`${slug}-`) && /^[0-9a-f]{16}$/.test(name.slice(slug.length + 1)),
      )
      .map((name) => join(folder, name))
      .filter((path) => path !== current)
      .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)
    for (const path of versions.slice(keptVersions))
      await rm(path, { recursive: true, force: true })
  }
}

interface Variables {
  readonly variables: Readonly<Record<string, string>>
  /** Counts up when one of them changes. */
  readonly version: number
}

interface Place {
  readonly kind: RunnableFunction['kind']
  /** Below `supabase/functions`. */
  readonly entrypoint: string
  readonly importMap: string | null
  readonly verifyJwt: boolean
}

/** Somebody may have cleared away what was made ready. Rejects as it did. */
async function isThere(result: Promise<RunnableFunction>): Promise<boolean> {
  return existsSync((await result).folder)
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}
