/** Section Api keys. */
import { Page } from '#studio/ui'
import type { ReactElement } from 'react'

export function ApikeysSection(): ReactElement {
  return <Page title="Api keys">…</Page>
}
