/** Section Logs. */
import { Page } from '#studio/ui'
import type { ReactElement } from 'react'

export function LogsSection(): ReactElement {
  return <Page title="Logs">…</Page>
}
