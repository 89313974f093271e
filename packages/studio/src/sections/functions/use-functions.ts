/** What functions there are: deployed ones, and those of the folder that `basalt start` runs in. */
import { useMemo } from 'react'
import { useProject } from '#studio/api'

export interface DeployedFunction {
  readonly slug: string
  readonly version: number
  /** Milliseconds. */
  readonly created_at: number
  readonly updated_at: number
  readonly verify_jwt: boolean
  readonly entrypoint_path: string
  readonly kind: 'javascript' | 'wasm'
  /** Bytes. */
  readonly size: number
}

export interface FolderFunction {
  readonly slug: string
  readonly kind: 'javascript' | 'wasm'
  readonly enabled: boolean
  readonly verify_jwt: boolean
  readonly entrypoint_path: string
  readonly updated_at: string
}

/** What is called is that of the folder, where it has one of the name. */
export interface AnyFunction {
  readonly slug: string
  readonly deployed: DeployedFunction | null
  readonly local: FolderFunction | null
}

export interface UsedFunctions {
  readonly functions: readonly AnyFunction[] | undefined
  readonly error: unknown
  readonly retry: () => void
}

export function useFunctions(ref: string): UsedFunctions {
  const deployed = useProject<readonly DeployedFunction[]>(ref, 'functions', { everyMs: 10_000 })
  const local = useProject<readonly FolderFunction[]>(ref, 'folder/functions', { everyMs: 5_000 })
  const functions = useMemo(() => {
    if (deployed.data === undefined || local.data === undefined) return undefined
    const slugs = new Set([...local.data, ...deployed.data].map(({ slug }) => slug))
    return [...slugs].toSorted().map((slug) => ({
      slug,
      deployed: deployed.data.find((one) => one.slug === slug) ?? null,
      local: local.data.find((one) => one.slug === slug) ?? null,
    }))
  }, [deployed.data, local.data])
  return {
    functions,
    error: deployed.error ?? local.error,
    retry: () => {
      void deployed.refetch()
      void local.refetch()
    },
  }
}
