/** The machine as a function sees it: libraries ask for it and break where they get no answer, so it has one that tells nothing. */
import os from 'node:os'

const memory = {
  total: 256 * 1024 * 1024,
  free: 128 * 1024 * 1024,
  available: 128 * 1024 * 1024,
  buffers: 0,
  cached: 0,
  swapTotal: 0,
  swapFree: 0,
}
const started = performance.now()
const uptime = (): number => Math.round((performance.now() - started) / 1000)

export function nameNothing(): void {
  Object.assign(os, {
    hostname: () => 'localhost',
    networkInterfaces: () => ({}),
    loadavg: () => [0, 0, 0],
    uptime,
    totalmem: () => memory.total,
    freemem: () => memory.free,
    userInfo: () => ({
      username: 'deno',
      uid: 1000,
      gid: 1000,
      homedir: '/home/deno',
      shell: null,
    }),
    homedir: () => '/home/deno',
  })
  Object.assign(Deno, {
    hostname: () => 'localhost',
    networkInterfaces: () => [],
    loadavg: () => [0, 0, 0],
    osUptime: uptime,
    systemMemoryInfo: () => ({ ...memory }),
  })
}
