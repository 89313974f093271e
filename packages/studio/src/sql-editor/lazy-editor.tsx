/** The editor, loaded when one is first shown: it is as large as the rest of the page. */
import { Suspense, lazy, useState } from 'react'
import type { ReactElement } from 'react'
import { Loading } from '#studio/ui'
import type { SqlEditor, SqlEditorProps } from './sql-editor.tsx'

const load = () => import('./sql-editor.tsx')
const Loaded = lazy(() => load().then((room) => ({ default: room.SqlEditor })))

let loaded: typeof SqlEditor | null = null

export function preloadEditor(): void {
  load().then(
    ({ SqlEditor: editor }) => (loaded = editor),
    () => {},
  )
}

export function Editor(props: SqlEditorProps): ReactElement {
  // once loaded it is there at once; `lazy` would show its fallback for 300 ms
  const [Present] = useState(() => loaded)
  if (Present !== null) return <Present {...props} />
  return (
    <Suspense fallback={<Loading rows={3} />}>
      <Loaded {...props} />
    </Suspense>
  )
}
