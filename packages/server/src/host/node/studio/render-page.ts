/** Studio's page: one document for every address in it. */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { HttpRequest, HttpResponse } from '#base/http'
import { readCookie } from './cookies.ts'
import { pageHeaders } from './page-headers.ts'

const themes = ['light', 'dark', 'system']

/** The theme is an attribute, so that nothing flashes and no script has to be in the page. */
export async function renderPage(
  folder: string | null,
  request: HttpRequest,
  apiOrigins: readonly string[],
): Promise<HttpResponse> {
  const nonce = randomBytes(16).toString('base64url')
  const headers = pageHeaders(nonce, apiOrigins)
  const built =
    folder === null ? null : await readFile(join(folder, 'index.html'), 'utf8').catch(() => null)
  if (built === null) return { status: 503, headers, body: notBuilt(nonce) }
  const given = readCookie(request, 'theme') ?? ''
  const theme = themes.includes(given) ? given : 'system'
  const body = built
    .replace('data-theme="system"', `data-theme="${theme}"`)
    .replace('name="csp-nonce" content=""', `name="csp-nonce" content="${nonce}"`)
  return { status: 200, headers, body }
}

function notBuilt(nonce: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Studio is not built</title>
<style nonce="${nonce}">body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}code{font-size:.95em}</style></head>
<body><h1>Studio is not built</h1>
<p>The server runs; the files of its page are missing. In a checkout run <code>npm run build</code>, then load this page again.
Without a page set <code>studio.enabled = false</code>.</p></body></html>
`
}
