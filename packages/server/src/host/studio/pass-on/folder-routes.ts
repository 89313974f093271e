/** Functions of the folder that `basalt start` runs in: served as they are there, deployed by nobody. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import {
  flag,
  listOf,
  liveRecord,
  moment,
  isoOf,
  object,
  oneOf,
  text,
} from '#host/control-plane/route'
import type { ApiRoute, Call } from '#host/control-plane/route'
import type { Config } from '#base/config'
import { jsonResponse } from '#base/http'

const maxListed = 1_000

async function changedMs(path: string): Promise<number | null> {
  const found = await stat(path).catch(() => null)
  return found === null || !found.isFile() ? null : found.mtimeMs
}

async function describe(supabase: string, config: Config, slug: string): Promise<object | null> {
  const settings = config.functions[slug]
  const folder = `functions/${slug}`
  const named = settings?.entrypoint ?? null
  const candidates = named === null ? [`${folder}/manifest.json`, `${folder}/index.ts`] : [named]
  for (const path of candidates) {
    const ms = await changedMs(join(supabase, path))
    if (ms === null) continue
    return {
      slug,
      kind: path.endsWith('manifest.json') ? 'wasm' : 'javascript',
      enabled: settings?.enabled !== false,
      verify_jwt: settings?.verify_jwt ?? true,
      entrypoint_path: `supabase/${path.replace(/^\.\//, '')}`,
      updated_at: isoOf(ms),
    }
  }
  return null
}

async function listFolder(call: Call) {
  await liveRecord(call)
  const { folder, options } = call.parts
  const values = options?.()
  if (folder === null || values === undefined || 'tree' in values) return jsonResponse(200, [])
  const { config } = values
  const supabase = join(folder.workdir, 'supabase')
  const found = await readdir(join(supabase, 'functions')).catch(() => [])
  const slugs = [...new Set([...found, ...Object.keys(config.functions)])]
    .filter((name) => /^[A-Za-z][\w-]{0,63}$/.test(name))
    .toSorted()
    .slice(0, maxListed)
  const all = await Promise.all(slugs.map((slug) => describe(supabase, config, slug)))
  return jsonResponse(
    200,
    all.filter((one) => one !== null),
  )
}

export const folderRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/projects/:ref/folder/functions',
    least: 'read-only',
    summary:
      'Functions of the folder of `basalt start`, which come before deployed ones of their name',
    response: listOf(
      object({
        slug: text('Its name', 64),
        kind: oneOf(['javascript', 'wasm'], 'What it is'),
        enabled: flag('It is called'),
        verify_jwt: flag('Callers need a token'),
        entrypoint_path: text('Below the folder', 1000),
        updated_at: moment('When its entrypoint was changed'),
      }),
    ),
    handle: listFolder,
  },
]
