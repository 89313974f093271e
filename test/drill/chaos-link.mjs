/** A wire between two programs that can be cut in more ways than one: this side is connected to, `target` is where it leads. */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'

export class Link {
  #mode = 'open'
  #pairs = new Set()
  #server

  constructor(target) {
    this.target = target
    this.#server = createServer((near) => this.#accept(near))
  }

  async listen() {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    this.port = this.#server.address().port
    return this
  }

  /** Every connection is reset, and new ones too. */
  reset() {
    this.#mode = 'reset'
    for (const [near, far] of this.#pairs) {
      near.resetAndDestroy()
      far.resetAndDestroy()
    }
  }

  /** Nothing passes, and nobody is told: what is sent waits for ever. */
  freeze() {
    this.#mode = 'frozen'
    for (const pair of this.#pairs) for (const socket of pair) socket.pause()
  }

  /** Each piece arrives so much later. */
  slow(ms) {
    this.#mode = ms
  }

  /** What was under way is lost with its connections, as behind a partition that outlived them; nothing overtakes what was late. */
  mend() {
    if (this.#mode !== 'open')
      for (const [near, far] of this.#pairs) {
        near.resetAndDestroy()
        far.resetAndDestroy()
      }
    this.#mode = 'open'
  }

  close() {
    this.#server.close()
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy()
  }

  #accept(near) {
    near.on('error', () => {})
    if (this.#mode === 'reset') return near.resetAndDestroy()
    const far = connect({ host: '127.0.0.1', port: this.target, noDelay: true })
    const pair = [near, far]
    this.#pairs.add(pair)
    near.setNoDelay(true)
    for (const [one, other] of [pair, pair.toReversed()]) {
      one.on('data', (chunk) => this.#pass(chunk, one, other))
      one.on('error', () => other.destroy())
      one.on('end', () => other.end())
      one.on('close', () => {
        other.destroy()
        this.#pairs.delete(pair)
      })
      if (this.#mode === 'frozen') one.pause()
    }
  }

  #pass(chunk, from, to) {
    const write = () => {
      if (to.destroyed) return
      if (!to.write(chunk)) {
        from.pause()
        to.once('drain', () => this.#mode !== 'frozen' && from.resume())
      }
    }
    if (typeof this.#mode === 'number') setTimeout(write, this.#mode)
    else write()
  }
}
