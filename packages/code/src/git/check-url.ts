/** Which URLs repositories are taken from: https and ssh of hosts elsewhere, others where they are allowed. */
import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { CodeError } from '#core'

export interface RemoteUrl {
  readonly protocol: 'https:' | 'http:' | 'ssh:'
  readonly host: string
  readonly port: number
  readonly user: string | null
  /** As git is given it. */
  readonly href: string
  /** Named as one that may be private, local and http. */
  readonly isAllowedHost: boolean
}

const ports = { 'https:': 443, 'http:': 80, 'ssh:': 22 } as const
const scp = /^([\w.-]+)@([\w.-]+):(?!\/)([\w./~-]+)$/

/** `https://github.com/owner/name.git`, `ssh://git@host/path`, `git@host:path` @throws invalid_repository_url */
export function parseRemoteUrl(text: string, allowedHosts: readonly string[]): RemoteUrl {
  const short = scp.exec(text)
  const given = short === null ? text : `ssh://${short[1]}@${short[2]}/${short[3]}`
  if (text.length > 2_000 || !URL.canParse(given)) throw refuse('it is no URL')
  const url = new URL(given)
  const { protocol } = url
  if (protocol !== 'https:' && protocol !== 'http:' && protocol !== 'ssh:')
    throw refuse(`${protocol} is not https: or ssh:`)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = url.port === '' ? ports[protocol] : Number(url.port)
  const isAllowedHost = allowedHosts.includes(host) || allowedHosts.includes(`${host}:${port}`)
  if (protocol === 'http:' && !isAllowedHost) throw refuse('http: is not encrypted')
  checkParts(url, host)
  return { protocol, host, port, user: url.username || null, href: url.href, isAllowedHost }
}

function checkParts(url: URL, host: string): void {
  if (!/^[\w.:-]+$/.test(host) || host.startsWith('-')) throw refuse('its host is no name')
  if (url.protocol !== 'ssh:' && url.username !== '')
    throw refuse('it holds a name or password, which would be stored and shown')
  if (url.password !== '') throw refuse('it holds a password, which would be stored and shown')
  if (url.username !== '' && !/^\w[\w.-]*$/.test(url.username)) throw refuse('its user is no name')
  if (url.search !== '' || url.hash !== '') throw refuse('it has a query or a fragment')
  if (url.pathname.length < 2 || /[\p{Cc}]|%0|\/-/u.test(url.pathname))
    throw refuse('its path is none of a repository')
}

function refuse(reason: string): CodeError {
  return new CodeError('invalid_repository_url', {
    message: `Repositories are not taken from this URL: ${reason}.`,
  })
}

const inward = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  inward.addSubnet(network, prefix, 'ipv4')
const outward = new BlockList()
// what is handed out in IPv6, without documentation, Teredo, 6to4
outward.addSubnet('2000::', 3, 'ipv6')
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  inward.addSubnet(network, prefix, 'ipv6')

/** Whether an address is one of the internet, and not of this machine or network. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return !inward.check(address, 'ipv4')
  return family === 6 && outward.check(address, 'ipv6') && !inward.check(address, 'ipv6')
}

/**
 * The address to connect to: git is given this one, so that a name cannot lead elsewhere between check and use.
 * @throws invalid_repository_url
 */
export async function resolveRemote(remote: RemoteUrl): Promise<string> {
  const found = isIP(remote.host)
    ? [{ address: remote.host }]
    : await lookup(remote.host, { all: true }).catch((cause: unknown) => {
        throw new CodeError('invalid_repository_url', {
          message: `The host ${remote.host} is not found.`,
          cause,
        })
      })
  const usable = found.filter(({ address }) => remote.isAllowedHost || isPublicAddress(address))
  const first = usable[0]
  // one that is inward among them is as suspicious as all
  if (first === undefined || usable.length < found.length)
    throw refuse('its host is at a private or local address')
  return first.address
}
