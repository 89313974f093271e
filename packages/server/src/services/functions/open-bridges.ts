/** What a function may reach on this machine: its project, its database, and hosts that were named; each by a Unix socket. */
import { chmodSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isIP } from 'node:net'
import type { Server } from 'node:net'
import type { Project } from '#base/service'
import { folderIn, openHttpRelay, openRelay } from '#services/functions/worker'
import type { Bridge } from '#services/functions/worker'
import type { FunctionsRuntime } from './functions-runtime.ts'

export interface Bridges {
  readonly list: readonly Bridge[]
  close(): Promise<void>
}

/** Names that code written for Supabase's containers has for the project. */
const containerNames = ['kong', 'api.supabase.internal']
const containerPort = 8000

export async function openBridges(
  runtime: FunctionsRuntime,
  { config, externalUrl }: Project,
): Promise<Bridges> {
  const folder = folderIn(runtime.host(), 'b-')
  const list: Bridge[] = []
  const closing: (() => Promise<unknown> | void)[] = []
  const own = join(folder, 'own')
  const gate = await runtime.openGate(own)
  closing.push(() => gate.close())
  for (const address of ownAddresses(externalUrl))
    list.push({ ...address, path: own, httpPath: own })
  const keep = (server: Server): void => void closing.push(() => void server.close())
  const { databaseUrl } = runtime
  if (databaseUrl !== null) {
    const { host, port } = addressOf(databaseUrl, 5432)
    const path = join(folder, 'db')
    keep(await openRelay(path, { host, port }))
    for (const name of namesOf(host)) list.push({ host: name, port, path, httpPath: null })
  }
  for (const [at, { host, port }] of privateHosts(
    config['basalt.functions.allowed_hosts'],
  ).entries()) {
    const target = { host: dialled(host), port, name: `${host}:${port}` }
    const path = join(folder, `t${at}`)
    const httpPath = join(folder, `h${at}`)
    keep(await openRelay(path, target))
    keep(await openHttpRelay(httpPath, target))
    for (const name of namesOf(host)) list.push({ host: name, port, path, httpPath })
  }
  // who may use a socket may not put another in its place
  chmodSync(folder, 0o555)
  return {
    list,
    close: async () => {
      if (existsSync(folder)) chmodSync(folder, 0o755)
      for (const close of closing) await close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

interface Address {
  readonly host: string
  readonly port: number
}

function addressOf(url: string, defaultPort: number): Address {
  const { hostname, port } = new URL(url)
  return {
    host: hostname.replace(/^\[|\]$/g, '').toLowerCase(),
    port: port === '' ? defaultPort : Number(port),
  }
}

function ownAddresses(externalUrl: string): Address[] {
  const own = addressOf(externalUrl, externalUrl.startsWith('https:') ? 443 : 80)
  const names = namesOf(own.host).map((host) => ({ host, port: own.port }))
  return [...names, ...containerNames.map((host) => ({ host, port: containerPort }))]
}

/** This machine has several. */
function namesOf(host: string): string[] {
  const loopback = ['127.0.0.1', 'localhost', '::1', 'host.docker.internal']
  return loopback.includes(host) || host === '0.0.0.0' ? loopback : [host]
}

function dialled(host: string): string {
  return host === 'host.docker.internal' ? '127.0.0.1' : host
}

/** `10.0.0.5:8080`, `localhost:11434`, `ollama.internal:443`: with a port, and not on the internet by its name. */
function privateHosts(hosts: readonly string[]): Address[] {
  return hosts.flatMap((text) => {
    const found = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(text)
    if (found === null) return []
    const host = (found[1] ?? '').replace(/^\[|\]$/g, '').toLowerCase()
    return isPrivate(host) ? [{ host, port: Number(found[2]) }] : []
  })
}

function isPrivate(host: string): boolean {
  if (isIP(host) === 6) return !/^[23]/.test(host)
  if (isIP(host) === 4)
    return /^(10|127)\.|^192\.168\.|^172\.(1[6-9]|2\d|3[01])\.|^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./.test(
      host,
    )
  return !host.includes('.') || /\.(internal|local|localhost|lan|home\.arpa)$/.test(host)
}
