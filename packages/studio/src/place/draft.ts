/** What is typed and not saved: kept for this tab, so that a reload loses nothing. Never for secrets. */
import { useCallback, useState } from 'react'

const prefix = 'draft:'

function read<T>(key: string, initial: T): T {
  try {
    const text = sessionStorage.getItem(prefix + key)
    return text === null ? initial : (JSON.parse(text) as T)
  } catch {
    return initial
  }
}

function write(key: string, value: unknown): void {
  try {
    if (value === undefined || value === null) sessionStorage.removeItem(prefix + key)
    else sessionStorage.setItem(prefix + key, JSON.stringify(value))
  } catch {
    // full, or not allowed: it is only not kept
  }
}

/** As useState, but a reload of the tab finds it again. Setting null forgets it. */
export function useDraft<T>(key: string, initial: T): [T, (value: T) => void] {
  const [held, setHeld] = useState<{ key: string; value: T }>(() => ({
    key,
    value: read(key, initial),
  }))
  // another key is another draft: taken up while rendering, so that no frame shows the wrong one
  const value = held.key === key ? held.value : read(key, initial)
  if (held.key !== key) setHeld({ key, value })
  const set = useCallback(
    (next: T) => {
      write(key, next)
      setHeld({ key, value: next })
    },
    [key],
  )
  return [value, set]
}

/** At sign-out. */
export function forgetDrafts(): void {
  for (const key of Object.keys(sessionStorage))
    if (key.startsWith(prefix)) sessionStorage.removeItem(key)
}
