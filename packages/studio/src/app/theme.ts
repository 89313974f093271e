/** Light, dark, or as the system says. A cookie, so that the server writes it into the page and nothing flashes. */
import { useSyncExternalStore } from 'react'

export type Theme = 'system' | 'light' | 'dark'

const root = document.documentElement
const listeners = new Set<() => void>()

const current = (): Theme => {
  const { theme } = root.dataset
  return theme === 'light' || theme === 'dark' ? theme : 'system'
}

export function setTheme(theme: Theme): void {
  root.dataset['theme'] = theme
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=strict`
  for (const listener of listeners) listener()
}

export function useTheme(): Theme {
  return useSyncExternalStore((listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }, current)
}
