/** auth-js' tests of several GoTrues: four Basalts, each behind a proxy that puts the gateway's prefix before the path. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { join } from 'node:path'
import { startBasalt } from './start-basalt.mjs'
import {
  install,
  packageFolder,
  repository,
  runJest,
  source,
  writeKeys,
} from './client-libraries.mjs'

export { repository, source }

const jwtSecret = '37c304f8-51aa-419a-a1af-06154e63707a'
const emailConfirms = '[auth.email]\nenable_confirmations = true\n'
const phone = (confirms) => `[auth.sms]\nenable_signup = true\nenable_confirmations = ${confirms}\n`
const twilio =
  '[auth.sms.twilio]\nenabled = true\naccount_sid = "none"\nmessage_service_sid = "none"\nauth_token = "none"\n'

/** What infra/docker-compose.yml sets, by the port the tests expect it at, as config.toml says it. */
const instances = [
  { port: 9999, auth: '', sections: emailConfirms + phone(true) + twilio },
  { port: 9998, auth: 'enable_anonymous_sign_ins = true\n', sections: phone(false) },
  { port: 9997, auth: 'enable_signup = false\n', sections: emailConfirms },
  { port: 9996, auth: 'signing_keys_path = "./keys.json"\n', sections: phone(false) },
]

function configOf({ port, auth, sections }) {
  const own = portOf(port)
  return `project_id = "gotrue-${port}"
[api]\nport = ${own}
[db]\nport = ${own + 1}
[studio]\nport = ${own + 2}
[inbucket]\nport = ${own + 3}
[basalt]\nadmin_port = ${own + 4}
[auth]\njwt_secret = "${jwtSecret}"\nsite_url = "http://localhost:${port}"\n${auth}${sections}`
}

function portOf(port) {
  return 56_000 + (9999 - port) * 10
}

/** The private keys of the instance that signs with RS256, as the compose file has them. */
function signingKeys(context) {
  const file = join(packageFolder(context, 'auth-js'), 'infra/docker-compose.yml')
  const lists = [...readFileSync(file, 'utf8').matchAll(/GOTRUE_JWT_KEYS: '(.*)'/g)]
  const keys = lists.flatMap(([, json]) => JSON.parse(json))
  return keys.filter(({ kty, key_ops: uses }) => kty === 'RSA' && uses.includes('sign'))
}

async function startInstance(context, instance) {
  const workdir = join(context.scratch, `gotrue-${instance.port}`)
  mkdirSync(join(workdir, 'supabase'), { recursive: true })
  writeFileSync(join(workdir, 'supabase/config.toml'), configOf(instance))
  writeFileSync(join(workdir, 'supabase/keys.json'), JSON.stringify(signingKeys(context)))
  const port = portOf(instance.port)
  const basalt = await startBasalt(workdir, { log: context.log(`basalt-${instance.port}`), port })
  const proxy = createServer((incoming, outgoing) => {
    const { method, headers, url } = incoming
    const sent = request({ port, method, headers, path: `/auth/v1${url}` }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers)
      answer.pipe(outgoing)
    })
    sent.once('error', (error) => outgoing.writeHead(502).end(error.message))
    incoming.pipe(sent)
  })
  await new Promise((done) => proxy.listen(instance.port, done))
  return async () => {
    proxy.closeAllConnections()
    proxy.close()
    await basalt.stop()
  }
}

const docker = {
  id: 'auth-js-docker',
  title: 'auth-js, several configurations',
  how: '`jest.config.docker.js`: in the place of its four containers four `basalt start` with what they are told, each behind a proxy that puts `/auth/v1` before the path. Twilio’s credentials are made up, where the containers’ are empty.',
  prepare: install,
  async run(context) {
    await writeKeys(context)
    const stops = []
    try {
      for (const instance of instances) stops.push(await startInstance(context, instance))
      return await runJest(context, 'auth-js', ['--config', 'jest.config.docker.js'])
    } finally {
      for (const stop of stops) await stop()
    }
  },
}

export const suites = [docker]
