/** The frame around a section: where one can go, which project it is, and the section itself. */
import { useRouter } from '@tanstack/react-router'
import { Suspense, lazy, useEffect, useMemo, useState } from 'react'
import type { ComponentType, LazyExoticComponent, ReactElement } from 'react'
import { useProject } from '#studio/api'
import type { Session } from '#studio/api'
import { usePlace } from '#studio/place'
import { preloadEditor } from '#studio/sql-editor'
import { EmptyState, Loading } from '#studio/ui'
import { CommandPalette } from './command-palette.tsx'
import { Header } from './header.tsx'
import { HelpSheet } from './help-sheet.tsx'
import { useChords } from './keys.ts'
import { BottomBar, NavRail } from './nav.tsx'
import { SectionBoundary } from './section-boundary.tsx'
import { ServerGone } from './server-gone.tsx'
import { sectionNamed, sections } from './sections.ts'

/** Those that were loaded ahead: `lazy` would show its fallback for 300 ms all the same. */
const loaded = new Map<string, ComponentType>()
const views = new Map<string, LazyExoticComponent<ComponentType>>(
  sections.map(({ name, load }) => [name, lazy(load)]),
)
const ProjectsView = lazy(() => import('#studio/sections/projects'))

export function Shell({ session }: { readonly session: Session }): ReactElement {
  const place = usePlace()
  const router = useRouter()
  const [overlay, setOverlay] = useState<'palette' | 'help' | null>(null)
  const { ref, section } = place
  useChords({
    onPalette: () => setOverlay('palette'),
    onHelp: () => setOverlay('help'),
    onSection: (name) => ref !== '' && place.go({ section: name, path: [], search: {} }),
  })
  useEffect(() => {
    const home = homeOf(session, ref, section)
    if (home !== null) router.history.replace(home)
  }, [session, ref, section, router])
  useEffect(preload, [])
  useEffect(() => {
    const label = sectionNamed(section)?.label ?? 'Projects'
    document.title = `${[...place.path].reverse().slice(0, 1).concat(label).join(' · ')} · Basalt Studio`
  }, [section, place.path])
  return (
    <div className="shell">
      <a className="button skip" href="#work">
        Skip to the content
      </a>
      {ref !== '' || session.shape === 'serve' ? <NavRail session={session} /> : null}
      <Header
        session={session}
        onSearch={() => setOverlay('palette')}
        onHelp={() => setOverlay('help')}
      />
      <main className="work" id="work" tabIndex={-1}>
        <ServerGone />
        <div className="view">
          <SectionBoundary key={`${ref}/${section}`}>
            <Suspense fallback={<Loading rows={8} />}>
              <View session={session} projectRef={ref} section={section} />
            </Suspense>
          </SectionBoundary>
        </div>
      </main>
      <BottomBar />
      {overlay === 'palette' && (
        <CommandPalette session={session} onClose={() => setOverlay(null)} />
      )}
      <HelpSheet open={overlay === 'help'} onClose={() => setOverlay(null)} />
    </div>
  )
}

/** When nothing else is to be done: the other sections, so that opening one loads nothing. */
function preload(): () => void {
  const timer = setTimeout(() => {
    for (const { name, load } of sections)
      load().then(
        ({ default: view }) => loaded.set(name, view),
        () => {},
      )
    preloadEditor()
  }, 1500)
  return () => clearTimeout(timer)
}

/** What it was when the section was opened: another component in its place would begin anew. */
function useSectionView(section: string): ComponentType | undefined {
  return useMemo(() => loaded.get(section) ?? views.get(section), [section])
}

/** Where an address without a view leads. */
function homeOf({ shape, ref: own }: Session, ref: string, section: string): string | null {
  if (ref !== '') return section === '' ? `/p/${encodeURIComponent(ref)}/tables` : null
  if (shape === 'start') return `/p/${encodeURIComponent(own ?? 'default')}/tables`
  return section === 'projects' ? null : '/projects'
}

function View({
  session,
  projectRef,
  section,
}: {
  readonly session: Session
  readonly projectRef: string
  readonly section: string
}): ReactElement | null {
  // asked early: a section that needs it finds it there
  useProject(projectRef, 'catalog', { enabled: projectRef !== '' })
  // requests are kept from the first look on: what happens before somebody opens the logs is in them
  useProject(projectRef, 'logs', {
    query: { limit: 1 },
    everyMs: 300_000,
    enabled: projectRef !== '' && section !== 'logs',
  })
  const Section = useSectionView(section)
  if (projectRef === '')
    return session.shape === 'serve' && section === 'projects' ? <ProjectsView /> : null
  if (section === '') return null
  if (Section === undefined)
    return (
      <EmptyState title="There is no such view">The address names none of the sections.</EmptyState>
    )
  return <Section />
}
