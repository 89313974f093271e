/** Takes away what a function is not to have, or has in another form. Deno's permissions are the wall; this is the furniture. */
import process from 'node:process'
import { setup } from './setup.ts'

/** Ours, or the machine's. */
const hiddenVariables = [
  'DENO_DIR',
  'DENO_NO_PACKAGE_JSON',
  'DENO_NO_UPDATE_CHECK',
  'DENO_TLS_CA_STORE',
  'DENO_NODE_SHIM_ACTIVE',
  'NO_COLOR',
  'NPM_CONFIG_REGISTRY',
  'PATH',
  'PWD',
  'SHLVL',
  '_',
  'OLDPWD',
]
/** They keep bytes on the disk, or would start code with a console and requests of its own. */
const hiddenGlobals = ['caches', 'localStorage', 'Worker', 'prompt', 'alert', 'confirm']

export function confine(): void {
  for (const name of hiddenVariables) Deno.env.delete(name)
  for (const [name, value] of Object.entries(setup.env)) Deno.env.set(name, value)
  Deno.env.set('TMPDIR', setup.tmp)
  for (const name of hiddenGlobals) Reflect.deleteProperty(globalThis, name)
  const refuse = (): never => {
    throw new Error('A function cannot end its process: return a Response')
  }
  Deno.exit = refuse
  Object.assign(process, { exit: refuse, reallyExit: refuse, abort: refuse })
  Object.defineProperty(navigator, 'hardwareConcurrency', { value: 1, configurable: true })
  mapTmp()
}

/** Names of functions of Deno whose first arguments, so many of them, are paths. */
const withPaths: readonly (readonly [name: string, paths: number])[] = [
  ['open', 1],
  ['create', 1],
  ['readFile', 1],
  ['readTextFile', 1],
  ['writeFile', 1],
  ['writeTextFile', 1],
  ['mkdir', 1],
  ['remove', 1],
  ['rename', 2],
  ['copyFile', 2],
  ['stat', 1],
  ['lstat', 1],
  ['readDir', 1],
  ['truncate', 1],
]

/** `/tmp/x` is the worker's own; what lies there already, its code and its own folder, is where it is. */
function mapTmp(): void {
  const code = decodeURIComponent(new URL('../', setup.sourceUrl).pathname)
  const isThere = (path: string): boolean =>
    path.startsWith(code) || path === setup.tmp || path.startsWith(`${setup.tmp}/`)
  const own = (path: unknown): unknown => {
    const text =
      path instanceof URL && path.protocol === 'file:' ? decodeURIComponent(path.pathname) : path
    if (typeof text !== 'string' || isThere(text)) return path
    return text === '/tmp' || text.startsWith('/tmp/')
      ? setup.tmp + text.slice('/tmp'.length)
      : path
  }
  const functions = Deno as unknown as Record<string, unknown>
  for (const [name, paths] of withPaths)
    for (const full of [name, `${name}Sync`]) {
      const real = functions[full]
      if (typeof real !== 'function') continue
      functions[full] = (...given: unknown[]): unknown =>
        Reflect.apply(
          real,
          Deno,
          given.map((one, at) => (at < paths ? own(one) : one)),
        )
    }
  for (const name of ['makeTempFile', 'makeTempDir', 'makeTempFileSync', 'makeTempDirSync']) {
    const real = functions[name] as (options: object) => unknown
    functions[name] = (options: { readonly dir?: unknown } = {}): unknown =>
      real(options.dir === undefined ? options : { ...options, dir: own(options.dir) })
  }
}
