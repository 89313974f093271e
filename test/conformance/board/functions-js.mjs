/** functions-js' specs, with Basalt in the place of the relay they start in a container. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { beside, install, packageFolder, repository, runJest, source } from './client-libraries.mjs'

export { repository, source }

const specs = {
  id: 'functions-js',
  title: 'functions-js',
  how: '`jest` beside `basalt start` with the functions of `test/functions`; `test/relay/container.ts`, which starts a container of `supabase/deno-relay`, gives way to a proxy to `/functions/v1` that signs the tests’ tokens with the project’s secret; `api.external_url` is the origin the relay gives its functions.',
  prepare: install,
  run(context) {
    const workdir = join(context.scratch, 'functions-project')
    const functions = join(workdir, 'supabase/functions')
    mkdirSync(functions, { recursive: true })
    const config = 'project_id = "functions"\n[api]\nexternal_url = "http://localhost:8000"\n'
    writeFileSync(join(workdir, 'supabase/config.toml'), config)
    cpSync(join(packageFolder(context, 'functions-js'), 'test/functions'), functions, {
      recursive: true,
    })
    const relay = resolve(import.meta.dirname, 'functions-js-relay.cjs')
    const mapped = JSON.stringify({ '^\\.\\./relay/container$': relay })
    return beside(context, workdir, () =>
      runJest(context, 'functions-js', [`--moduleNameMapper=${mapped}`]),
    )
  },
}

export const suites = [specs]
