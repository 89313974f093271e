/** Section Storage. */
import { Page } from '#studio/ui'
import type { ReactElement } from 'react'

export function StorageSection(): ReactElement {
  return <Page title="Storage">…</Page>
}
