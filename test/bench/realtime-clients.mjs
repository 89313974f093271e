/** Users and their connections for realtime.mjs and the soak: a process of clients, and tokens. */
import { fork } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { join } from 'node:path'
import { jwtSecret } from './bench-project.mjs'

const loads = new Set()

export function sign(claims) {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const exp = Math.floor(Date.now() / 1000) + 36_000
  const content = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ exp, ...claims })}`
  return `${content}.${createHmac('sha256', jwtSecret).update(content).digest('base64url')}`
}

export function userOf(i) {
  return `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`
}

export const tokens = (count) =>
  Array.from({ length: count }, (_, i) =>
    sign({
      role: 'authenticated',
      sub: userOf(i),
      aud: 'authenticated',
      email: `u${i}@example.com`,
    }),
  )

/** A process of clients. */
export class Load {
  constructor() {
    this.child = fork(join(import.meta.dirname, 'realtime-load.mjs'))
    this.waiting = new Map()
    this.next = 0
    this.child.on('message', ({ id, result, error }) => {
      const { resolve, reject } = this.waiting.get(id)
      this.waiting.delete(id)
      if (error === undefined) resolve(result)
      else reject(new Error(error))
    })
    loads.add(this)
  }

  do(operation, plan) {
    return new Promise((resolve, reject) => {
      const id = this.next++
      this.waiting.set(id, { resolve, reject })
      this.child.send({ id, operation, plan })
    })
  }

  end() {
    loads.delete(this)
    this.child.kill()
  }
}

export function endLoads() {
  for (const load of loads) load.end()
}
