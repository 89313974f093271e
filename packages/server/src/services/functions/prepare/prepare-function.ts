/** Makes the sources of a function runnable: what they import is fetched by Deno into their folder. */
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  copyFileSync,
  writeFileSync,
} from 'node:fs'
import { join, posix } from 'node:path'
import { FunctionFault } from '#services/functions/core'
import type { Prepare, PrepareOptions } from '#services/functions/core'
import { privateAddresses, spawnDeno } from '#services/functions/deno'
import type { DenoHost } from '#services/functions/deno'
import { readFunctionConfig } from './import-map.ts'
import type { FunctionConfig } from './import-map.ts'
import { foreignImports, npmOf, shimOf, shims } from './known-imports.ts'

const timeoutMs = 120_000
const maxFileBytes = 1024 * 1024 * 1024
const maxOutput = 64 * 1024

/** `Prepare` by the Deno of this machine; as whom it runs owns what it fetches. */
export function createPreparer(openHost: () => DenoHost): Prepare {
  return async (options) => {
    const host = openHost()
    const config = readFunctionConfig(options.folder, options.entrypoint, options.importMap)
    writeShims(options.folder)
    giveAll(options.folder, host)
    const names = foreignImports(join(options.folder, 'source'))
    for (const target of Object.values(config.imports)) names.add(target)
    try {
      await install(host, options, withReplacements(config, names, shimPath))
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error
      // what cannot be reached may be on npm
      const offline = (name: string): string | null => shimPath(name) ?? npmOf(name)
      if (![...names].some((name) => npmOf(name) !== null)) throw error.fault
      options.onProgress(
        'a host of the imports cannot be reached: their packages are taken from npm',
      )
      await install(host, options, withReplacements(config, names, offline)).catch(
        (second: unknown) => {
          throw second instanceof Unreachable ? second.fault : second
        },
      )
    }
  }
}

function shimPath(name: string): string | null {
  const shim = shimOf(name)
  return shim === null ? null : `./shims/${shim}`
}

/** The import map with other targets for these names, wherever they are written. */
function withReplacements(
  config: FunctionConfig,
  names: ReadonlySet<string>,
  replace: (name: string) => string | null,
): FunctionConfig {
  const imports: Record<string, string> = {}
  for (const name of names) {
    const target = replace(name)
    if (target !== null) imports[name] = target
  }
  for (const [name, target] of Object.entries(config.imports))
    imports[name] = replace(target) ?? target
  return { ...config, imports }
}

function writeShims(folder: string): void {
  mkdirSync(join(folder, 'shims'), { recursive: true })
  for (const [name, text] of Object.entries(shims)) writeFileSync(join(folder, 'shims', name), text)
}

function giveAll(folder: string, { account }: DenoHost): void {
  if (account === null) return
  chownSync(folder, account.uid, account.gid)
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    if (!entry.isSymbolicLink())
      chownSync(join(entry.parentPath, entry.name), account.uid, account.gid)
}

/** A name was not found or a host did not answer: another place may have it. */
class Unreachable extends Error {
  readonly fault: FunctionFault

  constructor(fault: FunctionFault) {
    super(fault.message)
    this.fault = fault
  }
}

async function install(
  host: DenoHost,
  options: PrepareOptions,
  config: FunctionConfig,
): Promise<void> {
  const { folder, entrypoint, onProgress } = options
  const ours = { ...config, nodeModulesDir: 'auto', vendor: true, lock: { path: './deno.lock' } }
  writeFileSync(join(folder, 'deno.json'), JSON.stringify(ours, null, 2))
  const npmrc = join(folder, 'source', posix.dirname(entrypoint), '.npmrc')
  // with the keys of a registry: nothing that stays
  if (existsSync(npmrc)) copyFileSync(npmrc, join(folder, '.npmrc'))
  try {
    const args = [
      'install',
      '--config',
      'deno.json',
      '--allow-import',
      // what is fetched the function can read
      `--deny-import=${privateAddresses.join(',')}`,
      '--entrypoint',
      posix.join('source', entrypoint),
    ]
    const { code, output } = await run(host, folder, args, onProgress)
    if (code === 0) return
    const fault = readFault(output, folder)
    throw /JSR package manifest .* failed to load|dns error|error sending request|connection (?:refused|reset|closed)|timed out/i.test(
      output,
    )
      ? new Unreachable(fault)
      : fault
  } finally {
    rmSync(join(folder, '.npmrc'), { force: true })
  }
}

function run(
  host: DenoHost,
  cwd: string,
  args: readonly string[],
  onProgress: (message: string) => void,
): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawnDeno(host, args, { cwd, maxFileBytes })
    const late = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
    let output = ''
    const hear = (text: string): void => {
      output = (output + text).slice(-maxOutput)
      for (const [, url] of text.matchAll(/^Download (\S+)/gm)) onProgress(`fetching ${url ?? ''}`)
    }
    child.stdin?.end()
    child.stdout?.setEncoding('utf8').on('data', hear)
    child.stderr?.setEncoding('utf8').on('data', hear)
    child.once('error', (error) =>
      reject(new FunctionFault(`Deno could not be started: ${error.message}`, null, error)),
    )
    child.once('close', (code) => {
      clearTimeout(late)
      resolve({ code, output })
    })
  })
}

/** `error: npm package 'x' does not exist.\n    at file:///…/source/hello/index.ts:1:15` → its message and place */
function readFault(output: string, folder: string): FunctionFault {
  const sources = `file://${folder}/source/`
  const at = output.search(/^error: /m)
  const text = (at === -1 ? output : output.slice(at + 'error: '.length))
    .replaceAll(sources, '')
    .replaceAll(`file://${folder}/`, '')
  const where = /\bat (\S+:\d+:\d+)\s*$/m.exec(text)?.[1] ?? null
  const message = text.trim().slice(0, 4000)
  return new FunctionFault(
    message === '' ? `Deno gave up after ${timeoutMs / 1000} s` : message,
    where,
  )
}
