/** Which requests node:http hands over as upgrades: WebSockets alone. Clients that offer `h2c` (Java's) want an ordinary answer, and send bodies. */
import { IncomingMessage } from 'node:http'

/** For `createServer`: node:http sets `upgrade` from what the parser saw, and asks it when the headers are there. */
export class WebSocketAwareMessage extends IncomingMessage {
  #offersUpgrade = false

  get upgrade(): boolean {
    return this.#offersUpgrade && this.headers.upgrade?.toLowerCase() === 'websocket'
  }

  set upgrade(offers: boolean | null) {
    // the constructor of the parent sets it too, before there is a field
    if (#offersUpgrade in this) this.#offersUpgrade = offers === true
  }
}
