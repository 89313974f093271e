/** Section Tables. */
import { Page } from '#studio/ui'
import type { ReactElement } from 'react'

export function TablesSection(): ReactElement {
  return <Page title="Tables">…</Page>
}
