/** Shortcuts of the whole page: G and a letter goes places, Ctrl-K finds, `?` helps, `/` searches. */
import { useEffect, useRef } from 'react'
import { sections } from './sections.ts'

export const isMac = /Mac|iPhone|iPad/.test(navigator.platform)

interface Handlers {
  readonly onPalette: () => void
  readonly onHelp: () => void
  readonly onSection: (name: string) => void
}

/** Where letters are text. */
function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)
}

export function useChords(handlers: Handlers): void {
  const latest = useRef(handlers)
  latest.current = handlers
  useEffect(() => {
    let waitsUntil = 0
    const press = (event: KeyboardEvent): void => {
      const { key } = event
      const mod = isMac ? event.metaKey : event.ctrlKey
      if (mod && !event.shiftKey && key.toLowerCase() === 'k') {
        event.preventDefault()
        latest.current.onPalette()
        return
      }
      if (mod && key === '/') {
        event.preventDefault()
        latest.current.onHelp()
        return
      }
      if (mod || event.altKey || isTyping(event.target) || isOverlaid()) return
      if (Date.now() < waitsUntil) {
        waitsUntil = 0
        const section = sections.find(({ chord }) => chord === key.toLowerCase())
        if (section === undefined) return
        event.preventDefault()
        latest.current.onSection(section.name)
        return
      }
      if (key === 'g') waitsUntil = Date.now() + 1500
      if (key === '?') latest.current.onHelp()
      if (key === '/') {
        const field = document.querySelector<HTMLInputElement>('.work [data-search]')
        if (field === null) return
        event.preventDefault()
        field.focus()
        field.select()
      }
    }
    // before the parts of a section see it, but not before what they have already taken
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [])
}

const isOverlaid = (): boolean => document.querySelector('.dialog, .sheet') !== null
