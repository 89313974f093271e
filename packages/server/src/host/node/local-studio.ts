/** Studio of a local project: its port, and the project as its page asks for it. */
import type { Config, ConfigSources } from '#base/config'
import { variableName } from '#base/config'
import type { HttpRequest, HttpResponse } from '#base/http'
import { systemClock } from '#base/kernel'
import type { Clock, Log } from '#base/kernel'
import type { ProjectKeys } from '#base/token'
import { StartError } from '#host/node/core'
import type { Listening } from '#host/node/http'
import { OneTimeCodes, asksForKey, openStartBackend, serveStudio } from '#host/node/studio'
import type { Studio, StudioOptions } from '#host/node/studio'
import { LocalControl, localRef } from './local-control.ts'
import type { LocalProject } from './local-control.ts'

export interface LocalStudioOptions {
  readonly config: Config
  readonly log: Log
  /** Of the built page. */
  readonly folder: string | null
  readonly operatorToken: string
  /** Null while there is no database. */
  readonly stack: () => LocalProject | null
  readonly clock?: Clock
  /** Where the values of `config` are from. */
  readonly sources?: ConfigSources
  /** Caught mail; null where none is caught. */
  readonly mail?: () => ((request: HttpRequest) => Promise<HttpResponse>) | null
  readonly onWarning: (message: string) => void
  /** Another link signs in now. */
  readonly onLink: () => void
}

export interface LocalStudio {
  readonly page: Listening
  readonly url: string
  /** Signs in once; the address alone where nobody is asked who it is. */
  link(): string
  /** Sessions in the database that goes. */
  release(): Promise<void>
}

/** A taken port is no reason not to start: another one is taken, and `onWarning` hears of it. */
export async function openLocalStudio(options: LocalStudioOptions): Promise<LocalStudio> {
  const { config, stack, log, folder, operatorToken, clock = systemClock } = options
  const codes = new OneTimeCodes(options.onLink)
  const project = new LocalControl({
    config,
    sources: options.sources ?? new Map(),
    log,
    clock,
    mail: options.mail ?? (() => null),
  })
  const keys = (): ProjectKeys => project.keysOf(stack())
  const page = await listen({
    config,
    log,
    folder,
    open: async () => {
      const opened = stack()
      if (opened === null) return null
      return openStartBackend({
        config,
        ref: localRef,
        externalUrl: opened.platform.externalUrl,
        keys,
        operatorToken,
        codes,
        api: () => project.api(stack()),
        clock,
      })
    },
  })
  if (page.port !== config['studio.port'])
    options.onWarning(
      `port ${config['studio.port']} (studio.port, ${variableName('studio.port')}) cannot be had: Studio is at ${page.url}`,
    )
  return {
    page,
    url: page.url,
    link: () => (asksForKey(config, keys()) ? `${page.url}/#code=${codes.current}` : page.url),
    release: () => project.release(),
  }
}

function listen(options: StudioOptions): Promise<Studio> {
  return serveStudio(options).catch((error: unknown) => {
    if (!(error instanceof StartError) || error.failure !== 'port-in-use') throw error
    return serveStudio(options, 0)
  })
}
