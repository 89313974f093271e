/** Cookies of Studio: who is signed in, and the theme. */
import type { HttpRequest } from '#base/http'

export function readCookie({ headers }: HttpRequest, name: string): string | null {
  for (const part of (headers['cookie'] ?? '').split(/[;,]/)) {
    const [key = '', value = ''] = part.trim().split('=', 2)
    if (key === name) return value
  }
  return null
}

/** Cookies are shared by all ports of a machine; in `https` nobody but this host can have set it. */
export function sessionCookieName(origin: string, port: number): string {
  return origin.startsWith('https:') ? '__Host-basalt_studio' : `basalt_studio_${port}`
}

/** No value: it is taken away. */
export function sessionCookie(name: string, token: string | null): string {
  const secure = name.startsWith('__Host-') ? '; Secure' : ''
  const end = token === null ? '; Max-Age=0' : ''
  return `${name}=${token ?? ''}; Path=/; HttpOnly; SameSite=Strict${secure}${end}`
}
