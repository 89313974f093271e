/** Section Realtime. */
import { Page } from '#studio/ui'
import type { ReactElement } from 'react'

export function RealtimeSection(): ReactElement {
  return <Page title="Realtime">…</Page>
}
