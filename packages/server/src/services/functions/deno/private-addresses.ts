/** Addresses that are not of the internet, as Deno's flags take them. */

/**
 * Not for functions of an open network, and not for imports: this machine, private and link-local networks (where clouds answer for their machines),
 * what is reserved. Deno holds them against the address a name has been resolved to, 4-in-6 included. It knows no networks
 * of IPv6, so of those only single addresses.
 */
export const privateAddresses: readonly string[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '[::]',
  '[::1]',
  '[fd00:ec2::254]',
  '[fd20:ce::254]',
]
