/** Snippets: files of the project, and what is typed in this tab and not saved yet. */
import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { ApiError, call, projectPath, useForget, useProject } from '#studio/api'
import { useDraft } from '#studio/place'

interface Snippet {
  readonly name: string
  readonly version: string
}

interface Draft {
  readonly content: string
  /** The version it was made from; null: of none. */
  readonly version: string | null
}

export const useSnippets = (ref: string) => useProject<readonly Snippet[]>(ref, 'snippets')

const pathOf = (name: string) => `snippets/${encodeURIComponent(name)}` as const

export interface UsedSnippet {
  /** Null while it is read. */
  readonly content: string | null
  readonly isChanged: boolean
  readonly error: unknown
  readonly set: (content: string) => void
  /** @throws ApiError; 409 when somebody else saved it */
  readonly save: (name: string, isOver?: boolean) => Promise<void>
  /** Back to what is saved. */
  readonly revert: () => void
}

/** `name` null: a new query, that is no file. */
export function useSnippet(ref: string, name: string | null): UsedSnippet {
  const forget = useForget(ref)
  const [draft, setDraft] = useDraft<Draft | null>(`sql:${ref}:${name ?? ''}`, null)
  const saved = useQuery({
    queryKey: ['project', ref, `snippets/${name ?? ''}`],
    queryFn: ({ signal }) =>
      call<Snippet & { content: string }>('GET', projectPath(ref, pathOf(name ?? '')), { signal }),
    enabled: name !== null,
  })
  useEffect(() => {
    // what was typed back to what is saved is no draft
    if (draft !== null && name !== null && draft.content === saved.data?.content) setDraft(null)
  }, [draft, name, saved.data, setDraft])
  const content = draft?.content ?? (name === null ? '' : (saved.data?.content ?? null))
  return {
    content,
    isChanged: draft !== null && (name === null ? draft.content !== '' : true),
    error: saved.error,
    set: (text) =>
      setDraft({ content: text, version: draft?.version ?? saved.data?.version ?? null }),
    save: async (as, isOver = false) => {
      const isSame = as === name
      const version = isSame ? (draft?.version ?? saved.data?.version ?? null) : null
      const current = isOver ? await versionNow(ref, as) : version
      await call('PUT', projectPath(ref, pathOf(as)), {
        body: { content: content ?? '', version: current },
      })
      setDraft(null)
      await forget('snippets')
    },
    revert: () => {
      setDraft(null)
      void saved.refetch()
    },
  }
}

async function versionNow(ref: string, name: string): Promise<string | null> {
  try {
    const { version } = await call<Snippet>('GET', projectPath(ref, pathOf(name)))
    return version
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null
    throw error
  }
}
