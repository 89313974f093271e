/** A client of Realtime that keeps every message, protocol version 2. */
import { vi } from 'vitest'
import WebSocket from 'ws'
import type { TestPlatform } from '@basalt/server/testing'

export type Message = [string | null, string | null, string, string, Record<string, unknown>]

const waiting = { timeout: 10_000, interval: 5 }

export class RealtimeClient {
  readonly messages: Message[] = []
  closed: number | null = null
  readonly socket: WebSocket
  #ref = 0

  constructor(server: TestPlatform, token = server.platform.keys.anonKey) {
    const url = server.url.replace('http', 'ws')
    this.socket = new WebSocket(`${url}/realtime/v1/websocket?vsn=2.0.0&apikey=${token}`)
    this.socket.on('message', (data, isBinary) => {
      if (!isBinary) this.messages.push(JSON.parse((data as Buffer).toString()) as Message)
    })
    this.socket.on('close', (code) => (this.closed = code))
  }

  async open(): Promise<this> {
    await new Promise((resolve, reject) => this.socket.once('open', resolve).once('error', reject))
    return this
  }

  send(topic: string, event: string, payload: unknown): void {
    this.socket.send(JSON.stringify(['1', String(++this.#ref), topic, event, payload]))
  }

  /** Joins, and waits for the changes it asks for. */
  async join(topic: string, config: Record<string, unknown>, token?: string): Promise<void> {
    this.send(topic, 'phx_join', {
      config,
      ...(token === undefined ? {} : { access_token: token }),
    })
    await this.find(topic, 'phx_reply')
    if (config['postgres_changes'] !== undefined) await this.find(topic, 'system')
  }

  async find(topic: string, event: string): Promise<Record<string, unknown>> {
    const isWanted = (message: Message): boolean => message[2] === topic && message[3] === event
    const at = await vi.waitUntil(() => {
      const found = this.messages.findIndex(isWanted)
      return found === -1 ? false : { found }
    }, waiting)
    return (this.messages.splice(at.found, 1)[0] as Message)[4]
  }
}
