/**
 * How many codes may be tried for one address. What is tried too often is void: the next code that is sent begins anew, so
 * that nobody keeps the owner out by guessing, not even from behind the same peer. Links are not counted: nobody guesses
 * their 224 bits.
 */
import type { AuthContext } from '#services/auth/core'

/** Codes that sign in, and codes that change an address: a new one of one kind says nothing about the other. */
export type CodeKind = 'sign-in' | 'change'

const dayMs = 24 * 3_600_000
/** 50 of 10^6: a code is found with a chance of 0.005 %. No code lives for longer than a day. */
const perCode = { burst: 50, perWindow: 1, windowMs: dayMs }
/** Codes asked for again and again to be guessed at: 0.1 % a day. */
const perDay = { burst: 1_000, windowMs: dayMs }

/** Counts a guess; false when the code is void already. */
export function takeGuess(context: AuthContext, kind: CodeKind, address: string): boolean {
  const { attempts, nowMs } = context
  const key = keyOf(context, kind, address)
  return (
    attempts.tryTake(key, perCode, nowMs) === 0 &&
    attempts.tryTake(`${key} all`, perDay, nowMs) === 0
  )
}

/** A new code is on its way to the address. */
export function forgetGuesses(context: AuthContext, kind: CodeKind, address: string): void {
  context.attempts.forget(keyOf(context, kind, address))
}

function keyOf({ project }: AuthContext, kind: CodeKind, address: string): string {
  return `${project.ref} guesses ${kind} ${address}`
}
