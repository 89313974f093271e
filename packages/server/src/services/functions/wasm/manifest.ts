/** `manifest.json` of a WASM function: what is run, within which limits, with which variables. */
import { readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve, sep } from 'node:path'
import { isJsonObject } from '#base/kernel'
import type { JsonObject } from '#base/kernel'
import { FunctionFault } from '#services/functions/core'
import type { Limits, RunnableFunction } from '#services/functions/core'

export interface Manifest {
  /** Absolute. */
  readonly modulePath: string
  readonly memoryBytes: number
  readonly timeoutMs: number
  readonly environment: Readonly<Record<string, string>>
}

const megabyte = 1024 * 1024
const maxModuleBytes = 20 * megabyte

/** `{ "entry": "module.wasm", "limits": { "memory_mb": 32, "timeout_ms": 500 }, "environment": { "GREETING": "hi" } }`; limits can only be lower than the platform's. @throws FunctionFault */
export function readManifest({ folder, entrypoint }: RunnableFunction, limits: Limits): Manifest {
  const path = join(folder, 'source', entrypoint)
  const content = parse(path, entrypoint)
  const { entry = 'module.wasm', limits: wanted = {}, environment = {} } = content
  if (typeof entry !== 'string' || !isJsonObject(wanted) || !isJsonObject(environment))
    throw new FunctionFault(`${entrypoint}: entry is a text, limits and environment are objects`)
  const modulePath = resolve(dirname(path), entry)
  if (!modulePath.startsWith(join(folder, 'source') + sep))
    throw new FunctionFault(`${entrypoint}: entry leads out of the function's folder`)
  const stat = statSync(modulePath, { throwIfNoEntry: false })
  if (stat?.isFile() !== true) throw new FunctionFault(`${entrypoint}: there is no ${entry}`)
  if (stat.size > maxModuleBytes)
    throw new FunctionFault(`${entry} has more than ${maxModuleBytes} bytes`)
  return {
    modulePath,
    memoryBytes: Math.min(
      limits.memoryBytes,
      positive(wanted['memory_mb'], entrypoint, 'memory_mb') * megabyte,
    ),
    timeoutMs: Math.min(limits.cpuMs, positive(wanted['timeout_ms'], entrypoint, 'timeout_ms')),
    environment: texts(environment, entrypoint),
  }
}

function parse(path: string, entrypoint: string): JsonObject {
  try {
    const content = JSON.parse(readFileSync(path, 'utf8')) as unknown
    if (isJsonObject(content)) return content
  } catch (error) {
    throw new FunctionFault(`${entrypoint} cannot be read: ${String(error)}`, entrypoint, error)
  }
  throw new FunctionFault(`${entrypoint} holds no object`)
}

function positive(value: unknown, entrypoint: string, name: string): number {
  if (value === undefined) return Infinity
  if (typeof value === 'number' && value > 0) return value
  throw new FunctionFault(`${entrypoint}: limits.${name} is a number above 0`)
}

function texts(
  given: Readonly<Record<string, unknown>>,
  entrypoint: string,
): Record<string, string> {
  const variables: Record<string, string> = {}
  for (const [name, value] of Object.entries(given)) {
    if (typeof value !== 'string')
      throw new FunctionFault(`${entrypoint}: environment.${name} is a text`)
    variables[name] = value
  }
  return variables
}
