/** `basalt functions deploy` */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Config } from '@basalt/server/node'
import { CliError, sizeOf, refusal } from '#terminal'
import type { Terminal } from '#terminal'
import { loadProject } from '#project'
import { collectFiles } from './collect-files.ts'
import type { FunctionFiles } from './collect-files.ts'
import { checkName, openApi } from '#project-api'
import type { DeployedFunction, FunctionsApi, RemoteOptions } from '#project-api'
import { jsonLinesOf } from './json-lines.ts'

export interface DeployOptions extends RemoteOptions {
  /** False for `--no-verify-jwt`. */
  readonly verifyJwt: boolean
  readonly importMap?: string
  readonly prune?: boolean
}

interface Deploying extends FunctionFiles {
  readonly slug: string
  readonly verifyJwt: boolean
  readonly staticFiles: readonly string[]
}

/** Several are uploaded first, and called from the same moment on. */
export async function deployFunctions(
  terminal: Terminal,
  names: readonly string[],
  options: DeployOptions,
): Promise<void> {
  const { workdir, config } = loadProject(terminal, options)
  const folder = join(workdir, 'supabase', 'functions')
  const wanted = (names.length > 0 ? names : namesIn(folder, config)).map(checkName)
  if (wanted.length === 0) throw new CliError(`There are no functions in ${folder}.`)
  const all = wanted.flatMap((slug) => {
    if (config.functions[slug]?.enabled !== false)
      return [planOf(terminal, workdir, config, slug, options)]
    terminal.err(`${slug} is left out: it is not enabled in config.toml.\n`)
    return []
  })
  const api = openApi(terminal, options)
  const uploaded: DeployedFunction[] = []
  for (const one of all) uploaded.push(await upload(terminal, api, workdir, one, all.length > 1))
  if (all.length > 1) {
    const versions = uploaded.map(({ slug, version }) => ({ slug, version }))
    await api.json('PUT', '/functions', versions)
  }
  for (const { slug, version } of uploaded) terminal.out(`Deployed ${slug}, version ${version}.\n`)
  if (options.url === undefined)
    terminal.err(
      'basalt start serves the functions of its own folder as they are there; what is deployed is served where the folder has no function of that name.\n',
    )
  if (options.prune === true) await prune(terminal, api, namesIn(folder, config))
}

/** Folders with an entrypoint, and what config.toml names. */
function namesIn(folder: string, config: Config): string[] {
  const found = existsSync(folder) ? readdirSync(folder) : []
  const withEntrypoint = found.filter(
    (name) =>
      /^[A-Za-z][\w-]*$/.test(name) &&
      ['index.ts', 'manifest.json'].some((file) => existsSync(join(folder, name, file))),
  )
  return [...new Set([...withEntrypoint, ...Object.keys(config.functions)])].toSorted()
}

function planOf(
  terminal: Terminal,
  workdir: string,
  config: Config,
  slug: string,
  options: DeployOptions,
): Deploying {
  const supabase = join(workdir, 'supabase')
  const settings = config.functions[slug]
  const manifest = join(supabase, 'functions', slug, 'manifest.json')
  const usual = existsSync(manifest) ? manifest : join(supabase, 'functions', slug, 'index.ts')
  const named = settings?.entrypoint ?? null
  const configured = settings?.import_map ?? null
  const staticFiles = settings?.static_files ?? []
  const importMap =
    options.importMap !== undefined
      ? resolve(terminal.cwd, options.importMap)
      : configured === null
        ? null
        : resolve(supabase, configured)
  const entrypoint = named === null ? usual : resolve(supabase, named)
  const files = collectFiles({ workdir, slug, entrypoint, importMap, staticFiles })
  const verifyJwt = options.verifyJwt && (settings?.verify_jwt ?? true)
  return { ...files, slug, verifyJwt, staticFiles }
}

async function upload(
  terminal: Terminal,
  api: FunctionsApi,
  workdir: string,
  one: Deploying,
  bundleOnly: boolean,
): Promise<DeployedFunction> {
  const { slug, paths } = one
  const bytes = paths.reduce((sum, path) => sum + statSync(join(workdir, path)).size, 0)
  terminal.err(`Uploading ${slug}: ${paths.length} files, ${sizeOf(bytes)}...\n`)
  const started = performance.now()
  const response = await api.send(
    'POST',
    `/functions/deploy?slug=${slug}&bundleOnly=${bundleOnly}`,
    {
      headers: { accept: 'application/x-ndjson' },
      body: formOf(workdir, one),
    },
  )
  for await (const line of jsonLinesOf(response)) {
    const { progress, error, function: deployed } = line as Line
    if (progress !== undefined) terminal.err(`  ${progress}\n`)
    if (error !== undefined) {
      const { message } = refusal(JSON.stringify(error), 0)
      throw new CliError(`${slug} was not deployed: ${message}`)
    }
    if (deployed === undefined) continue
    terminal.err(`  done in ${((performance.now() - started) / 1000).toFixed(2)} s\n`)
    return deployed
  }
  throw new CliError(`${slug}: the connection broke off before the server was done.`)
}

interface Line {
  readonly progress?: string
  readonly error?: object
  readonly function?: DeployedFunction
}

function formOf(workdir: string, one: Deploying): FormData {
  const { slug, entrypoint, importMap, verifyJwt, staticFiles, paths } = one
  const form = new FormData()
  const metadata = {
    name: slug,
    entrypoint_path: entrypoint,
    ...(importMap === null ? {} : { import_map_path: importMap }),
    verify_jwt: verifyJwt,
    static_patterns: staticFiles,
  }
  form.append('metadata', JSON.stringify(metadata))
  for (const path of paths) form.append('file', new Blob([readFileSync(join(workdir, path))]), path)
  return form
}

async function prune(
  terminal: Terminal,
  api: FunctionsApi,
  local: readonly string[],
): Promise<void> {
  const deployed = await api.json<readonly DeployedFunction[]>('GET', '/functions')
  for (const { slug } of deployed) {
    if (local.includes(slug)) continue
    await api.json('DELETE', `/functions/${slug}`)
    terminal.out(`Deleted ${slug}.\n`)
  }
}
