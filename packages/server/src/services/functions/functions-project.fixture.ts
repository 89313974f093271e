/** A platform with a folder of functions, called over a socket. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform, TestPlatformOptions } from '@basalt/server/testing'

export interface FunctionsProject extends TestPlatform {
  readonly workdir: string
  /** Writes a file below `supabase/functions`. */
  write(path: string, text: string | Uint8Array): void
  /** Calls a function with the service role's key; `key: null` without any. */
  call(
    this: void,
    path: string,
    init?: RequestInit & { readonly key?: string | null },
  ): Promise<Response>
}

export async function startFunctions(
  files: Readonly<Record<string, string | Uint8Array>>,
  options: TestPlatformOptions = {},
): Promise<FunctionsProject> {
  const workdir = mkdtempSync(join(tmpdir(), 'basalt functions '))
  const write = (path: string, text: string | Uint8Array): void => {
    const file = join(workdir, 'supabase/functions', path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  for (const [path, text] of Object.entries(files)) write(path, text)
  const platform = await startTestPlatform({ ...options, workdir })
  return {
    ...platform,
    workdir,
    write,
    call: (path, { key = platform.platform.keys.serviceRoleKey, headers, ...init } = {}) =>
      fetch(`${platform.url}/functions/v1/${path}`, {
        ...init,
        headers: {
          ...(key === null ? {} : { authorization: `Bearer ${key}` }),
          ...(headers as Record<string, string>),
        },
      }),
    close: async () => {
      await platform.close()
      rmSync(workdir, { recursive: true, force: true })
    },
  }
}
