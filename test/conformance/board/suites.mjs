/**
 * The suites, each `{ id, title, how, source, repository, prepare?, run }`: `prepare` installs what it needs into the copy of the
 * checkout (`folder`), `run` resolves to `{ test, status, message }[]`.
 */
import * as authJsDocker from './auth-js-docker.mjs'
import * as clientLibraries from './client-libraries.mjs'
import * as functionsJs from './functions-js.mjs'
import * as indexeddb from './indexeddb.mjs'
import * as postgrest from './postgrest.mjs'
import * as realtime from './realtime.mjs'
import * as storage from './storage.mjs'
import * as supabaseJs from './supabase-js.mjs'

export const suites = [
  postgrest,
  clientLibraries,
  authJsDocker,
  functionsJs,
  supabaseJs,
  storage,
  realtime,
  indexeddb,
].flatMap(({ suites: some, source, repository, tool }) =>
  some.map((suite) => ({ source, repository, tool, ...suite })),
)
