/** Ctrl-K: tables, users, settings and actions by a few letters of their names. */
import { Dialog } from '@base-ui/react/dialog'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useRef, useState } from 'react'
import type { KeyboardEvent, ReactElement } from 'react'
import { call, projectPath, useProject } from '#studio/api'
import type { Session } from '#studio/api'
import { usePlace } from '#studio/place'
import type { UsedPlace } from '#studio/place'
import { sections } from './sections.ts'
import { setTheme } from './theme.ts'

interface Entry {
  readonly id: string
  readonly label: string
  readonly kind: string
  /** Searched beside the label. */
  readonly also?: string
  readonly run: () => void
}

interface Relation {
  readonly schema: string
  readonly name: string
  readonly kind: string
}

interface Option {
  readonly key: string
  readonly doc: string
}

const most = 40

export function CommandPalette({
  session,
  onClose,
}: {
  readonly session: Session
  readonly onClose: () => void
}): ReactElement {
  const place = usePlace()
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const list = useRef<HTMLDivElement>(null)
  const entries = useEntries(session, place, text)
  const found = useMemo(() => search(entries, text), [entries, text])
  useEffect(() => setAt(0), [text])
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' })
  }, [at])
  const run = (entry: Entry | undefined): void => {
    if (entry === undefined) return
    onClose()
    entry.run()
  }
  const press = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0) {
      event.preventDefault()
      setAt((now) => (now + step + found.length) % Math.max(1, found.length))
    }
    if (event.key === 'Enter') {
      event.preventDefault()
      run(found[at])
    }
  }
  return (
    <Dialog.Root open onOpenChange={(open) => (open ? undefined : onClose())}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="dialog" aria-label="Find anything">
          <input
            className="palette-input"
            role="combobox"
            aria-expanded
            aria-controls="palette-list"
            aria-activedescendant={found[at] === undefined ? undefined : `palette-${at}`}
            aria-label="Find tables, users, settings, actions"
            placeholder="Tables, users, settings, actions"
            value={text}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={press}
            autoComplete="off"
            spellCheck={false}
          />
          <div
            className="palette-list"
            id="palette-list"
            role="listbox"
            aria-label="Found"
            ref={list}
          >
            {found.map((entry, index) => (
              <div
                key={entry.id}
                id={`palette-${index}`}
                role="option"
                aria-selected={index === at}
                className="palette-item"
                onMouseMove={() => setAt(index)}
                onClick={() => run(entry)}
              >
                <span className="truncate">{entry.label}</span>
                <span className="kind">{entry.kind}</span>
              </div>
            ))}
            {found.length === 0 && (
              <p className="muted" style={{ padding: 12 }}>
                Nothing is called that.
              </p>
            )}
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

/** All words must be somewhere; what begins with the text comes first. */
function search(entries: readonly Entry[], text: string): readonly Entry[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return entries.filter(({ kind }) => kind !== 'Setting').slice(0, most)
  const scored = entries.flatMap((entry) => {
    const label = entry.label.toLowerCase()
    const all = `${label} ${entry.kind.toLowerCase()} ${entry.also?.toLowerCase() ?? ''}`
    if (!words.every((word) => all.includes(word))) return []
    const first = words[0] ?? ''
    return [
      {
        entry,
        score:
          label === text.toLowerCase()
            ? 0
            : label.startsWith(first)
              ? 1
              : label.includes(first)
                ? 2
                : 3,
      },
    ]
  })
  return scored
    .toSorted((a, b) => a.score - b.score)
    .slice(0, most)
    .map(({ entry }) => entry)
}

function useEntries(session: Session, place: UsedPlace, text: string): readonly Entry[] {
  const { ref } = place
  const enabled = ref !== ''
  const catalog = useProject<{ relations: Relation[] }>(ref, 'catalog', { enabled })
  const options = useProject<Option[] | { options: Option[] }>(ref, 'config/schema', { enabled })
  const users = useUsers(ref, text)
  return useMemo(() => {
    const go =
      (section: string, path: string[] = [], search: Record<string, string> = {}) =>
      () =>
        place.go({ section, path, search })
    const listed =
      options.data === undefined
        ? []
        : Array.isArray(options.data)
          ? options.data
          : options.data.options
    return [
      ...(enabled
        ? sections.map(({ name, label, chord }) => ({
            id: `section ${name}`,
            label,
            kind: `G ${chord.toUpperCase()}`,
            run: go(name),
          }))
        : []),
      ...actions(session, place, enabled),
      ...(catalog.data?.relations ?? []).map(({ schema, name, kind }) => ({
        id: `relation ${schema}.${name}`,
        label: schema === 'public' ? name : `${schema}.${name}`,
        kind: kind === 'table' ? 'Table' : kind,
        also: schema,
        run: go('tables', [schema, name]),
      })),
      ...users.map(({ id, email, phone }) => ({
        id: `user ${id}`,
        label: email || phone || id,
        kind: 'User',
        also: id,
        run: go('users', [id]),
      })),
      ...listed.map(({ key, doc }) => ({
        id: `option ${key}`,
        label: key,
        kind: 'Setting',
        also: doc,
        run: go('settings', [], { q: key }),
      })),
    ]
  }, [session, place, enabled, catalog.data, options.data, users])
}

function actions(session: Session, place: UsedPlace, isProject: boolean): Entry[] {
  const go =
    (section: string, path: string[] = [], search: Record<string, string> = {}) =>
    () =>
      place.go({ section, path, search })
  const own: Entry[] = isProject
    ? [
        { id: 'new query', label: 'New query', kind: 'Action', run: go('sql', ['new']) },
        {
          id: 'new table',
          label: 'Create table',
          kind: 'Action',
          run: go('tables', [], { new: 'table' }),
        },
        {
          id: 'diagram',
          label: 'Diagram of the schema',
          kind: 'Action',
          run: go('tables', [], { view: 'diagram' }),
        },
        {
          id: 'new user',
          label: 'Create user',
          kind: 'Action',
          run: go('users', [], { new: 'user' }),
        },
        { id: 'try policies', label: 'Try policies', kind: 'Action', run: go('policies', ['try']) },
        { id: 'advisors', label: 'Advisors', kind: 'Action', run: go('policies', ['advisors']) },
      ]
    : []
  const themes = (['light', 'dark', 'system'] as const).map((theme) => ({
    id: `theme ${theme}`,
    label: `Theme: ${theme}`,
    kind: 'Action',
    run: () => setTheme(theme),
  }))
  const all: Entry[] =
    session.shape === 'serve'
      ? [
          {
            id: 'projects',
            label: 'Projects',
            kind: 'Action',
            run: () => location.assign('/projects'),
          },
        ]
      : []
  return [...own, ...themes, ...all]
}

interface User {
  readonly id: string
  readonly email?: string
  readonly phone?: string
}

function useUsers(ref: string, text: string): readonly User[] {
  const filter = text.trim()
  const { data } = useQuery({
    queryKey: ['project', ref, 'users', { filter, palette: true }],
    queryFn: ({ signal }) =>
      call<{ users: User[] }>('GET', projectPath(ref, 'users'), {
        query: { filter, per_page: 8 },
        signal,
      }),
    enabled: ref !== '' && filter.length >= 2,
    placeholderData: (old) => old,
  })
  return filter.length >= 2 ? (data?.users ?? []) : []
}
