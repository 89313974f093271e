/** Asks /health again and again, and says how long it took at most since it was last asked. */
import { Agent, get } from 'node:http'

const port = Number(process.argv[2])
const agent = new Agent({ keepAlive: true, maxSockets: 1 })
let max = 0
let begun = performance.now()
let count = 0

process.on('message', () => {
  // what is under way counts too
  process.send({ max: Math.max(max, performance.now() - begun), count })
  max = 0
  count = 0
})

function ask() {
  begun = performance.now()
  const asked = get({ host: '127.0.0.1', port, path: '/health', agent }, (response) => {
    response.resume()
    response.once('end', () => {
      max = Math.max(max, performance.now() - begun)
      count++
      setTimeout(ask, 1)
    })
  })
  asked.once('error', () => setTimeout(ask, 1))
}
ask()
