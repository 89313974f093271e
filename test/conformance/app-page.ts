/** An application as small as one can be: a page with supabase-js's bundle, and a button for each thing a user does. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'

export interface AppPage {
  readonly url: string
  close(): Promise<void>
}

const packageFile = createRequire(import.meta.url).resolve('@supabase/supabase-js/package.json')
const bundle = readFileSync(join(dirname(packageFile), 'dist/umd/supabase.js'))

/** `describe` gives what the page needs once it is asked for. */
export async function serveAppPage(
  describe: () => { readonly apiUrl: string; readonly key: string },
): Promise<AppPage> {
  const server = createServer((request, response) => {
    if (request.url === '/supabase.js') {
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(bundle)
    } else if (request.url === '/favicon.ico') response.writeHead(404).end()
    else response.writeHead(200, { 'content-type': 'text/html' }).end(render(describe()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function render({ apiUrl, key }: { readonly apiUrl: string; readonly key: string }): string {
  return `<!doctype html><meta charset="utf-8"><title>App</title>
<input id="email" placeholder="email"><input id="password" placeholder="password"><input id="code" placeholder="code">
<button id="sign-up">Sign up</button><button id="magic-link">Magic link</button><button id="oauth">OAuth</button>
<button id="enrol">Enrol</button><button id="verify">Verify</button><button id="sign-out">Sign out</button>
<img id="qr" alt=""><p id="secret"></p><p id="who">starting</p><p id="level"></p><p id="said"></p>
<script src="/supabase.js"></script>
<script>
const { auth } = supabase.createClient(${JSON.stringify(apiUrl)}, ${JSON.stringify(key)}, { auth: { flowType: 'pkce' } })
const at = (id) => document.getElementById(id)
const value = (id) => at(id).value
let factorId
async function show() {
  const { data } = await auth.getUser()
  const providers = data.user?.app_metadata.providers.join(',')
  at('who').textContent = data.user ? data.user.email + ' by ' + providers : 'nobody'
  const { data: level } = await auth.mfa.getAuthenticatorAssuranceLevel()
  at('level').textContent = level?.currentLevel ?? ''
}
const actions = {
  'sign-up': () => auth.signUp({ email: value('email'), password: value('password') }),
  'magic-link': () => auth.signInWithOtp({ email: value('email'), options: { emailRedirectTo: location.origin + '/' } }),
  oauth: () => auth.signInWithOAuth({ provider: 'keycloak', options: { redirectTo: location.origin + '/', scopes: 'openid' } }),
  enrol: async () => {
    const answer = await auth.mfa.enroll({ factorType: 'totp' })
    factorId = answer.data?.id
    at('qr').src = answer.data?.totp.qr_code ?? ''
    at('secret').textContent = answer.data?.totp.secret ?? ''
    return answer
  },
  verify: () => auth.mfa.challengeAndVerify({ factorId, code: value('code') }),
  'sign-out': () => auth.signOut(),
}
for (const [id, act] of Object.entries(actions)) {
  at(id).onclick = async () => {
    at('said').textContent = ''
    const { error } = await act()
    await show()
    at('said').textContent = error ? 'error: ' + error.message : 'done ' + id
  }
}
// the client has taken the code out of the URL by then
auth.initialize().then(show)
</script>`
}
