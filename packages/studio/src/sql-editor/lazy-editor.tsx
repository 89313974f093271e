/** The editor, loaded when one is first shown: it is as large as the rest of the page. */
import { Suspense, lazy } from 'react'
import type { ReactElement } from 'react'
import { Loading } from '#studio/ui'
import type { SqlEditorProps } from './sql-editor.tsx'

const load = () => import('./sql-editor.tsx')
const Loaded = lazy(() => load().then(({ SqlEditor }) => ({ default: SqlEditor })))

export function preloadEditor(): void {
  load().catch(() => {})
}

export function Editor(props: SqlEditorProps): ReactElement {
  return (
    <Suspense fallback={<Loading rows={3} />}>
      <Loaded {...props} />
    </Suspense>
  )
}
