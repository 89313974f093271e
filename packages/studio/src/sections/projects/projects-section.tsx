/** Section Projects. */
import { Page } from '#studio/ui'
import type { ReactElement } from 'react'

export function ProjectsSection(): ReactElement {
  return <Page title="Projects">…</Page>
}
