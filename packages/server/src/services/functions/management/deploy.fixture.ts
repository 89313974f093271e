/** Deploying from a test, as the Supabase CLI does. */
import { FunctionStats, MemoryLogs } from '#services/functions'
import type { FunctionsRuntime } from '#services/functions'
import { silentLog } from '#base/kernel'

export const token = `sbp_${'0123456789'.repeat(4)}`

export type Files = Readonly<Record<string, string | Uint8Array>>

export function formOf(files: Files, name: string, metadata: object = {}): FormData {
  const form = new FormData()
  const entrypoint_path = `supabase/functions/${name}/index.ts`
  form.append('metadata', JSON.stringify({ name, entrypoint_path, ...metadata }))
  for (const [path, content] of Object.entries(files))
    form.append('file', new Blob([content as never]), path)
  return form
}

export async function deploy(
  url: string,
  name: string,
  files: Files,
  metadata: object = {},
  query = '',
): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await fetch(`${url}/v1/projects/default/functions/deploy?slug=${name}${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: formOf(files, name, metadata),
  })
  return { status: response.status, body: await response.json() }
}

/** What a download gives, by path. */
export async function filesOf(url: string, slug: string): Promise<Record<string, Buffer>> {
  const response = await fetch(`${url}/v1/projects/default/functions/${slug}/body`, {
    headers: { authorization: `Bearer ${token}`, accept: 'multipart/form-data' },
  })
  // FormData of Node keeps the last segment of a file name only where it has slashes: read by hand
  const bytes = Buffer.from(await response.arrayBuffer()).toString('latin1')
  const boundary = /boundary=(\S+)/.exec(response.headers.get('content-type') ?? '')?.[1] ?? ''
  const parts = bytes.split(`--${boundary}`).slice(1, -1)
  return Object.fromEntries(
    parts.flatMap((part) => {
      const [head = '', ...rest] = part.split('\r\n\r\n')
      const path = /filename="([^"]+)"/.exec(head)?.[1]
      const content = rest.join('\r\n\r\n').slice(0, -2)
      return path === undefined ? [] : [[path, Buffer.from(content, 'latin1')] as const]
    }),
  )
}

/** Nothing runs in it: for what is deployed and how. */
export function runtimeIn(folder: string): FunctionsRuntime {
  const absent = (): never => {
    throw new Error('there is no Deno in this test')
  }
  return {
    host: absent,
    source: () => ({ find: () => Promise.resolve(null), close: () => Promise.resolve() }),
    prepare: () => Promise.resolve(),
    deployedFolder: () => folder,
    logs: new MemoryLogs(silentLog),
    stats: new FunctionStats(),
    databaseUrl: '',
    openGate: absent,
  }
}
