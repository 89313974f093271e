/** Section Functions. */
import { Page } from '#studio/ui'
import type { ReactElement } from 'react'

export function FunctionsSection(): ReactElement {
  return <Page title="Functions">…</Page>
}
