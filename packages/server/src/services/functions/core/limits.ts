/** What a call of a function may take. */
import type { Config } from '#base/config'

/** Sizes in bytes, times in ms. */
export interface Limits {
  readonly memoryBytes: number
  readonly cpuMs: number
  readonly wallMs: number
  readonly responseMs: number
  readonly bootMs: number
  readonly idleMs: number
  readonly concurrency: number
  readonly workers: number
  readonly requestBytes: number
  readonly responseBytes: number
  readonly tmpBytes: number
}

export function limitsOf(config: Config): Limits {
  return {
    memoryBytes: config['basalt.functions.memory_limit'],
    cpuMs: config['basalt.functions.cpu_limit'],
    wallMs: config['basalt.functions.wall_limit'],
    responseMs: config['basalt.functions.response_timeout'],
    bootMs: config['basalt.functions.boot_timeout'],
    idleMs: config['basalt.functions.idle_timeout'],
    concurrency: config['basalt.functions.max_concurrency'],
    workers: config['basalt.functions.max_workers'],
    requestBytes: config['basalt.functions.max_request_size'],
    responseBytes: config['basalt.functions.max_response_size'],
    tmpBytes: config['basalt.functions.max_tmp_size'],
  }
}
