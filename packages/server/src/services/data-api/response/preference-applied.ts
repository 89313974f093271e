/** Preference-Applied: which preferences were understood and hold. */
import type { Preferences } from '#services/data-api/request'

/** Null when none was. */
export function preferenceApplied(preferences: Preferences): string | null {
  const { resolution, missing, representation, count, transaction, handling } = preferences
  const applied: string[] = []
  if (resolution !== null) applied.push(`resolution=${resolution}`)
  if (missing !== null) applied.push(`missing=${missing}`)
  if (representation !== null) applied.push(`return=${representation}`)
  if (count !== null) applied.push(`count=${count}`)
  if (transaction !== null) applied.push(`tx=${transaction}`)
  if (handling !== null) applied.push(`handling=${handling}`)
  if (preferences.timezone !== null) applied.push(`timezone=${preferences.timezone}`)
  if (handling === 'strict' && preferences.maxAffected !== null) {
    applied.push(`max-affected=${preferences.maxAffected}`)
  }
  return applied.length === 0 ? null : applied.join(', ')
}
