/** IP addresses as headers write them. */
import { isIP } from 'node:net'

/** `1.2.3.4`, `1.2.3.4:80`, `[::1]:80`, `fe80::1%eth0` → the address; null for anything else. */
export function parseIpAddress(text: string): string | null {
  const bare = /^\s*\[?([0-9a-f:.]+?)(?:%[\w.-]+)?(?:\]|\](?::\d+)|(?<=\.\d+):\d+)?\s*$/i.exec(text)
  const address = bare?.[1] ?? ''
  return isIP(address) === 0 ? null : address
}
