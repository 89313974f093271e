/** Where the projects of a fleet are. */
import type { Config } from '#base/config'
import { StartError } from '#host/node/core'

export interface FleetAddresses {
  readonly baseDomain: string | null
  /** With `<ref>` where the project's name goes. */
  readonly template: string
  readonly externalUrl: (ref: string) => string
}

const domain = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/

/** `port` is that of the node. @throws StartError */
export function addressesOf(config: Config, port: number): FleetAddresses {
  const baseDomain = config['basalt.fleet.base_domain']?.toLowerCase() ?? null
  if (baseDomain !== null && !domain.test(baseDomain))
    throw new StartError(
      'config',
      `basalt.fleet.base_domain is "${baseDomain}": give a domain alone, such as example.com.`,
    )
  const template = config['basalt.fleet.external_url'] ?? usual(config, baseDomain, port)
  if (baseDomain !== null && !template.includes('<ref>'))
    throw new StartError(
      'config',
      `basalt.fleet.external_url is "${template}": it must have <ref> where the project's name goes.`,
    )
  if (!URL.canParse(template.replaceAll('<ref>', 'ref')) || !/^https?:/.test(template))
    throw new StartError(
      'config',
      `basalt.fleet.external_url is "${template}": give a URL such as https://<ref>.example.com.`,
    )
  return { baseDomain, template, externalUrl: (ref) => template.replaceAll('<ref>', ref) }
}

function usual(config: Config, baseDomain: string | null, port: number): string {
  const scheme = config['api.tls.enabled'] ? 'https' : 'http'
  if (baseDomain === null) return `${scheme}://127.0.0.1:${port}`
  // names of this machine are not behind a load balancer
  return baseDomain === 'localhost'
    ? `${scheme}://<ref>.localhost:${port}`
    : `https://<ref>.${baseDomain}`
}
