/** Connections to mail servers, kept for the next mail: a greeting costs 0.1 s and more, a mail on an open connection 2 ms. */
import type { Transporter } from 'nodemailer'

export interface SmtpServer {
  readonly host: string
  readonly port: number
  /** TLS from the first byte. */
  readonly secure: boolean
  readonly ignoreTLS?: boolean
  readonly auth?: { readonly user: string; readonly pass: string }
}

export interface SmtpConnections {
  to(server: SmtpServer): Promise<Transporter>
  close(): void
}

const limits = {
  pool: true,
  maxConnections: 4,
  connectionTimeout: 5_000,
  greetingTimeout: 5_000,
  socketTimeout: 8_000,
  // what a template or a user says is no path and no URL to be read
  disableFileAccess: true,
  disableUrlAccess: true,
} as const

/** To one server at a time: with another configuration the connections to the one before are closed. */
export function createConnections(): SmtpConnections {
  let current: { readonly key: string; readonly transport: Promise<Transporter> } | null = null
  const close = (): void => {
    const before = current
    current = null
    void before?.transport.then((transport) => transport.close())
  }
  return {
    to: (server) => {
      const key = JSON.stringify(server)
      if (current?.key !== key) {
        close()
        current = { key, transport: open(server) }
      }
      return current.transport
    },
    close,
  }
}

/** Loaded with the first mail only. */
async function open(server: SmtpServer): Promise<Transporter> {
  const { createTransport } = await import('nodemailer')
  const transport = createTransport({ ...limits, ...server })
  // an idle connection that breaks is opened again for the next mail
  transport.on('error', () => {})
  return transport
}
