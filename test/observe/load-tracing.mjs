/** Serves a request with the options given, and prints how many modules of OpenTelemetry were loaded for it. */
import { createRequire } from 'node:module'
import { defineConfig } from '../../packages/server/dist/base/config/index.js'
import { openLocalPlatform } from '../../packages/server/dist/host/node/index.js'
import { freePort } from '../../packages/server/dist/host/node/postgres/index.js'

const [, , workdir, options] = process.argv
const config = defineConfig({ 'db.port': await freePort(), ...JSON.parse(options) })
const opened = await openLocalPlatform({ workdir, config })
const { platform } = opened
const { status } = await platform.fetch('http://127.0.0.1:54321/rest/v1/', {
  headers: { apikey: platform.keys.serviceRoleKey },
})
// prom-client has the API's types of values, for exemplars
const known = /@opentelemetry\/(?!api\/)/
const loaded = Object.keys(createRequire(import.meta.url).cache)

console.log(status, loaded.filter((path) => known.test(path)).length)
await opened.close()
