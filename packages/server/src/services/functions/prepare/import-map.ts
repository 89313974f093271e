/** Which import map a function has: the one it is given, or what lies beside it, in the Supabase CLI's order. */
import { existsSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { isJsonObject } from '#base/kernel'
import type { JsonObject } from '#base/kernel'
import { FunctionFault } from '#services/functions/core'
import { readJsonc } from './read-jsonc.ts'

export interface FunctionConfig {
  readonly imports: Readonly<Record<string, string>>
  readonly scopes: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly compilerOptions: JsonObject
}

const none: FunctionConfig = { imports: {}, scopes: {}, compilerOptions: {} }

/** Addresses are made relative to `folder`, where our own deno.json lies. @throws FunctionFault */
export function readFunctionConfig(
  folder: string,
  entrypoint: string,
  given: string | null,
): FunctionConfig {
  const beside = posix.dirname(entrypoint)
  const candidates =
    given === null
      ? [
          `${beside}/deno.json`,
          `${beside}/deno.jsonc`,
          `${beside}/import_map.json`,
          'import_map.json',
          'deno.json',
          'deno.jsonc',
        ]
      : [given]
  const found = candidates.find((path) => existsSync(join(folder, 'source', path)))
  if (found === undefined) {
    if (given !== null) throw new FunctionFault(`The import map ${given} is not there`)
    return readPackages(folder, beside)
  }
  const content = read(folder, found)
  const { importMap } = content
  // a deno.json may name a file
  const named = typeof importMap === 'string' ? posix.join(posix.dirname(found), importMap) : found
  return {
    ...importsOf(named === found ? content : read(folder, named), posix.dirname(named)),
    compilerOptions: objectOf(content['compilerOptions']),
  }
}

function importsOf(content: JsonObject, base: string): Pick<FunctionConfig, 'imports' | 'scopes'> {
  return {
    imports: addresses(content['imports'], base),
    scopes: Object.fromEntries(
      Object.entries(objectOf(content['scopes'])).map(([scope, imports]) => [
        address(scope, base),
        addresses(imports, base),
      ]),
    ),
  }
}

/** A package.json counts only where there is no import map. */
function readPackages(folder: string, beside: string): FunctionConfig {
  const path = posix.join(beside, 'package.json')
  if (!existsSync(join(folder, 'source', path))) return none
  const imports: Record<string, string> = {}
  for (const [name, version] of Object.entries(objectOf(read(folder, path)['dependencies'])))
    if (typeof version === 'string') {
      imports[name] = `npm:${name}@${version}`
      imports[`${name}/`] = `npm:/${name}@${version}/`
    }
  return { ...none, imports }
}

function read(folder: string, path: string): JsonObject {
  if (path.startsWith('../'))
    throw new FunctionFault(`The import map ${path} is not among the function's files`, path)
  try {
    return objectOf(readJsonc(readFileSync(join(folder, 'source', path), 'utf8')))
  } catch (error) {
    throw new FunctionFault(
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      path,
      error,
    )
  }
}

function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {}
}

function addresses(imports: unknown, base: string): Record<string, string> {
  const resolved: Record<string, string> = {}
  for (const [name, target] of Object.entries(objectOf(imports)))
    if (typeof target === 'string') resolved[address(name, base)] = address(target, base)
  return resolved
}

/** `./x` beside `hello/deno.json` → `./source/hello/x` */
function address(text: string, base: string): string {
  if (!/^\.{1,2}\//.test(text)) return text
  const joined = posix.join('source', base, text)
  return `./${joined}${text.endsWith('/') && !joined.endsWith('/') ? '/' : ''}`
}
