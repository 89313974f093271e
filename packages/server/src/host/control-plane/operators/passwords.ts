/** Passwords of operators: Argon2id, few at a time, and none that is short. */
import { hash, verify } from '@node-rs/argon2'
import { controlErrors } from '#host/control-plane/core'
import { createQueue } from '#base/kernel'

/** As those of a project's users: 6 ms on the machine of docs/measurements. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
/** Of a password nobody has: comparing with it takes the time of a real comparison. */
const nobodys =
  '$argon2id$v=19$m=19456,t=2,p=1$3ux0r8kzK3OzlbpKdJx9Qw$gEIxTAEN2Pw8LEhObVsDTTPIdN0kQqXtTCLsMPxTnrA'

const least = 12
const most = 256
/** Each takes 19 MiB and a thread; requests of projects need theirs. */
const inTurn = createQueue({
  concurrency: 2,
  maxWaiting: 50,
  refuse: () => controlErrors.control_busy(),
})

/** @throws control_password_weak, control_busy */
export function hashPassword(password: string): Promise<string> {
  if (password.length < least || password.length > most) throw controlErrors.control_password_weak()
  return inTurn(() => hash(password, parameters))
}

/** `stored` is null for an account that is none: it takes as long. @throws control_busy */
export async function matchesPassword(stored: string | null, password: string): Promise<boolean> {
  const isFit = password.length <= most
  const matches = await inTurn(() => verify(stored ?? nobodys, isFit ? password : ''))
  return matches && isFit && stored !== null
}
