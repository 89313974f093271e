/** Section Api. */
import { Page } from '#studio/ui'
import type { ReactElement } from 'react'

export function ApiSection(): ReactElement {
  return <Page title="Api">…</Page>
}
