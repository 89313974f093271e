/**
 * Secrets at rest: each project has a random data key that seals its secrets, and the master key seals the data keys.
 * A change of the master key wraps 32 bytes a project anew, and leaves nodes that have opened a project working.
 */
import { randomBytes } from 'node:crypto'
import { controlErrors } from '#host/control-plane/core'
import { BoundedCache } from '#base/kernel'
import { createSealer } from '#base/token'
import type { Sealer } from '#base/token'

export interface WrappedKey {
  readonly id: string
  readonly wrapped: string
}

export interface DataKeys {
  /** A new one for a project; `id` is a UUID. */
  make(ref: string, id: string): WrappedKey & { readonly sealer: Sealer }
  /** @throws control_master_key_wrong */
  open(ref: string, key: WrappedKey): Sealer
  /** Wrapped with the present master key; null where it is already. @throws control_master_key_wrong */
  rewrap(ref: string, key: WrappedKey): string | null
}

/** Opening one is a derivation and two decryptions; a record is read anew with each change. */
const keptKeys = 4096

/** Both master keys are 32 bytes. What the previous one wrapped is opened too. */
export function createDataKeys(
  masterKey: Uint8Array,
  previousMasterKey: Uint8Array | null = null,
): DataKeys {
  const present = createSealer(textOf(masterKey))
  const previous = previousMasterKey === null ? null : createSealer(textOf(previousMasterKey))
  const opened = new BoundedCache<string, Sealer>(keptKeys)
  const label = (ref: string, id: string): string => `data key ${ref} ${id}`

  function unwrap(ref: string, { id, wrapped }: WrappedKey): string {
    const key = present.open(wrapped, label(ref, id)) ?? previous?.open(wrapped, label(ref, id))
    if (key === null || key === undefined) throw controlErrors.control_master_key_wrong()
    return key
  }

  return {
    make: (ref, id) => {
      const key = randomBytes(32).toString('base64')
      return { id, wrapped: present.seal(key, label(ref, id)), sealer: createSealer(key) }
    },
    open: (ref, key) => {
      // another ref's row must not open with it
      const name = label(ref, key.id)
      const known = opened.get(name)
      if (known !== undefined) return known
      const sealer = createSealer(unwrap(ref, key))
      opened.set(name, sealer)
      return sealer
    },
    rewrap: (ref, key) => {
      if (present.open(key.wrapped, label(ref, key.id)) !== null) return null
      return present.seal(unwrap(ref, key), label(ref, key.id))
    },
  }
}

const textOf = (key: Uint8Array): string => Buffer.from(key).toString('base64')

/** 32 bytes in base64, as `BASALT_MASTER_KEY` has them. @throws control_master_key_invalid */
export function parseMasterKey(text: string, variable: string): Uint8Array {
  const trimmed = text.trim()
  const key = Buffer.from(trimmed, 'base64')
  const isWhole = /^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed) && key.length === 32
  if (!isWhole) throw controlErrors.control_master_key_invalid({ variable })
  return key
}
