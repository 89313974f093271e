/** `basalt functions new`: a function to begin with. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CliError } from '#terminal'
import type { Terminal } from '#terminal'
import { loadProject } from '#project'
import type { CommonOptions } from '#project'
import { checkName } from '#project-api'

export interface NewOptions extends CommonOptions {
  readonly auth?: boolean
}

/** Nothing is overwritten. */
export function newFunction(terminal: Terminal, name: string, options: NewOptions): void {
  const { workdir, config } = loadProject(terminal, options)
  const folder = join(workdir, 'supabase', 'functions', checkName(name))
  if (existsSync(folder)) throw new CliError(`${folder} exists already.`)
  mkdirSync(folder, { recursive: true })
  const url = `http://127.0.0.1:${config['api.port']}/functions/v1/${name}`
  const source = options.auth === true ? withAuth(name, url) : plain(name, url)
  writeFileSync(join(folder, 'index.ts'), source)
  writeFileSync(join(folder, 'deno.json'), options.auth === true ? denoWithAuth : deno)
  terminal.out(`Created supabase/functions/${name}.\n`)
}

const deno = `{
  "imports": {}
}
`

const denoWithAuth = `{
  "imports": {
    "@supabase/supabase-js": "npm:@supabase/supabase-js@2"
  }
}
`

function plain(name: string, url: string): string {
  return `// ${name}: answers with a greeting. basalt start serves it, and takes changes at once:
//
//   curl -X POST ${url} \\
//     -H "Authorization: Bearer $ANON_KEY" -d '{"name":"you"}'
//
// For callers without a token: [functions.${name}] verify_jwt = false in supabase/config.toml.

Deno.serve(async (request) => {
  const { name = 'nobody' } = await request.json()
  return Response.json({ message: \`Hello \${name}\` })
})
`
}

function withAuth(name: string, url: string): string {
  return `// ${name}: answers to signed-in users, under their own policies:
//
//   curl ${url} -H "Authorization: Bearer $ACCESS_TOKEN"

import { createClient } from '@supabase/supabase-js'

Deno.serve(async (request) => {
  const authorization = request.headers.get('Authorization') ?? ''
  const supabase = createClient(
    Deno.env.get('SUPABASE_URL')!,
    Deno.env.get('SUPABASE_ANON_KEY')!,
    { global: { headers: { Authorization: authorization } } },
  )
  const { data } = await supabase.auth.getUser(authorization.replace('Bearer ', ''))
  // the anon key is a valid token too, and nobody's
  if (data.user === null) return Response.json({ message: 'Sign in first' }, { status: 401 })
  return Response.json({ message: \`Hello \${data.user.email}\` })
})
`
}
