/** The Deno binary: npm has one for each platform, without it functions say what to install. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const platforms: Readonly<Record<string, string>> = {
  'linux x64': 'linux-x64-glibc',
  'linux arm64': 'linux-arm64-glibc',
  'darwin x64': 'darwin-x64',
  'darwin arm64': 'darwin-arm64',
  'win32 x64': 'win32-x64',
  'win32 arm64': 'win32-arm64',
}

/** Absolute; null where there is none for this platform, or it was not installed. */
export function findDeno(given: string | null): string | null {
  if (given !== null) return existsSync(given) ? given : null
  const platform = platforms[`${process.platform} ${process.arch}`]
  if (platform === undefined) return null
  try {
    const found = createRequire(import.meta.url).resolve(`@deno/${platform}/package.json`)
    const binary = join(dirname(found), process.platform === 'win32' ? 'deno.exe' : 'deno')
    return existsSync(binary) ? binary : null
  } catch {
    return null
  }
}

/** What to do where there is none. */
export const installDeno =
  'Functions in JavaScript run in Deno, which is not installed here: npm install deno@2.9.6 (its optional dependency for this platform), or set basalt.functions.deno_path'
