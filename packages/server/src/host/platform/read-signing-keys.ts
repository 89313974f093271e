/** The private JWKs of `auth.signing_keys_path`, as `supabase gen signing-key` writes them. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { importVerificationKey, signingKeyOf } from '#base/token'
import type { Jwk } from '#base/token'

const maxBytes = 256 * 1024

/** `path` is relative to `supabase/` in the working directory. @throws Error that says what is wrong with the file, and nothing of what is in it */
export async function readSigningKeys(workdir: string, path: string): Promise<readonly Jwk[]> {
  const file = resolve(workdir, 'supabase', path)
  try {
    return parseSigningKeys(await readFile(file, 'utf8'))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(`${file} cannot be used: ${why}. It must be a JSON array of private JWKs.`, {
      cause: error,
    })
  }
}

function parseSigningKeys(text: string): readonly Jwk[] {
  if (text.length > maxBytes) throw new Error('it is too large')
  const keys = parse(text)
  if (!Array.isArray(keys)) throw new Error('it is not an array')
  const known = keys as readonly Jwk[]
  known.forEach((jwk, index) => {
    if (!isUsable(jwk)) throw new Error(`key ${index + 1} is none we can use`)
  })
  return known
}

/** JSON.parse quotes what it could not read. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('it is no JSON')
  }
}

function isUsable(jwk: unknown): boolean {
  if (typeof jwk !== 'object' || jwk === null) return false
  try {
    signingKeyOf({ jwtSecret: '', signingKeys: [jwk as Jwk] })
    return importVerificationKey(jwk as Jwk) !== null
  } catch {
    return false
  }
}
