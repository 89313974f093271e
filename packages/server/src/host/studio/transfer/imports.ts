/** Imports that run, and the last ones that did: for whoever asks how far they are. */
import type { ControlParts } from '#host/control-plane/route'

export interface ImportState {
  readonly id: string
  readonly ref: string
  status: 'running' | 'done' | 'failed' | 'cancelled'
  /** Of the file, so far. */
  bytes: number
  /** When it is done. */
  rows: number | null
  error: string | null
  cancel(): void
}

const maxKept = 100

/** Kept for each control API of the process. */
const imports = new WeakMap<ControlParts, Map<string, ImportState>>()

function of(parts: ControlParts): Map<string, ImportState> {
  let known = imports.get(parts)
  if (known === undefined) imports.set(parts, (known = new Map()))
  return known
}

export function beginImport(parts: ControlParts, ref: string, id: string): ImportState {
  const known = of(parts)
  const state: ImportState = {
    id,
    ref,
    status: 'running',
    bytes: 0,
    rows: null,
    error: null,
    cancel: () => {},
  }
  known.set(`${ref}/${id}`, state)
  for (const [key, { status }] of known) {
    if (known.size <= maxKept) break
    if (status !== 'running') known.delete(key)
  }
  return state
}

export function findImport(parts: ControlParts, ref: string, id: string): ImportState | null {
  return of(parts).get(`${ref}/${id}`) ?? null
}
