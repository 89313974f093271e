/** The databases of a fleet's projects, for `basalt doctor`: what its operators' API says of each. */
import type { Check } from '@basalt/server/node'
import { withControl } from '#control-client'
import type { FleetOptions } from '#control-client'
import type { Terminal } from '#terminal'

export interface ProjectCheck extends Check {
  readonly project: string
}

interface Project {
  readonly ref: string
  readonly status: string
}

/** Databases that are looked at at a time. */
const atOnce = 4

/** Of projects that are served, in the order of their refs. One that cannot be looked at is a check that failed. */
export function examineProjects(
  terminal: Terminal,
  options: Pick<FleetOptions, 'controlDbUrl'>,
): Promise<readonly ProjectCheck[]> {
  return withControl(terminal, options, async (ask) => {
    const projects = await ask<readonly Project[]>('GET', '/projects')
    const refs = projects
      .filter(({ status }) => status === 'active')
      .map(({ ref }) => ref)
      .toSorted()
    const found = new Map<string, readonly Check[]>()
    const waiting = refs.values()
    const work = async (): Promise<void> => {
      for (const ref of waiting)
        found.set(ref, await ask<readonly Check[]>('GET', `/projects/${ref}/doctor`).catch(failed))
    }
    await Promise.all(Array.from({ length: atOnce }, work))
    return refs.flatMap((project) =>
      (found.get(project) ?? []).map((check) => ({ ...check, project })),
    )
  })
}

function failed(error: unknown): readonly Check[] {
  const message = error instanceof Error ? error.message : String(error)
  const remedy = 'Look whether it runs, at the address, the user and the password of its URL.'
  return [{ name: 'database', level: 'error', message, remedy }]
}
