/** The inbox of a local project: its SMTP server and its page, on other ports where theirs are taken. */
import type { Config } from '#base/config'
import { variableName } from '#base/config'
import type { HttpRequest, HttpResponse } from '#base/http'
import type { Log } from '#base/kernel'
import { openInbox } from '#services/inbox'
import type { Inbox } from '#services/inbox'
import { StartError } from '#host/node/core'
import { guarded, serve } from '#host/node/http'
import type { Listening } from '#host/node/http'

export interface LocalInbox {
  readonly smtpPort: number
  readonly page: Listening
  /** Of the page. */
  readonly url: string
  /** Mailpit's API. */
  readonly handle: (request: HttpRequest) => Promise<HttpResponse>
  /** Ends the SMTP server; the page is closed with the other listeners. */
  close(): Promise<void>
}

/** Taken ports are no reason not to start: others are taken, and `onWarning` hears of them. */
export async function openLocalInbox(
  config: Config,
  log: Log,
  onWarning: (message: string) => void,
): Promise<LocalInbox> {
  const inbox = await openSmtp(config, onWarning)
  try {
    const page = await openPage(config, log, inbox)
    const url = `http://127.0.0.1:${page.port}`
    if (page.port !== config['inbucket.port']) {
      onWarning(inUse(config, 'inbucket.port', `caught mail is shown at ${url}`))
    }
    const handle = (request: HttpRequest) => inbox.handle(request)
    return { smtpPort: inbox.smtpPort, page, url, handle, close: () => inbox.close() }
  } catch (error) {
    await inbox.close()
    throw error
  }
}

async function openSmtp(config: Config, onWarning: (message: string) => void): Promise<Inbox> {
  const host = '127.0.0.1'
  const wanted = config['inbucket.smtp_port']
  if (wanted === null) return openInbox({ host, smtpPort: 0 })
  try {
    return await openInbox({ host, smtpPort: wanted })
  } catch {
    const inbox = await openInbox({ host, smtpPort: 0 })
    const instead = `mail is caught at smtp://${host}:${inbox.smtpPort}`
    onWarning(inUse(config, 'inbucket.smtp_port', instead))
    return inbox
  }
}

function inUse(
  config: Config,
  key: 'inbucket.port' | 'inbucket.smtp_port',
  instead: string,
): string {
  return `port ${String(config[key])} (${key}, ${variableName(key)}) cannot be had: ${instead}`
}

async function openPage(config: Config, log: Log, inbox: Inbox): Promise<Listening> {
  const host = config['basalt.inbox_host']
  const listen = (port: number): Promise<Listening> =>
    serve({
      host,
      port,
      purpose: 'the mail page',
      portOption: 'inbucket.port',
      handle: guarded(host, (request) => inbox.handle(request)),
      log,
      maxHeaderBytes: config['basalt.max_header_size'],
      headerTimeoutMs: config['basalt.header_timeout'],
      requestTimeoutMs: config['basalt.request_timeout'],
      keepAliveTimeoutMs: config['basalt.keep_alive_timeout'],
    })
  return listen(config['inbucket.port']).catch((error: unknown) => {
    if (!(error instanceof StartError)) throw error
    return listen(0)
  })
}
