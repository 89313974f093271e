/** Moments on the wire: ISO 8601. */
import { text } from './schema.ts'
import type { Schema } from './schema.ts'

export const moment = (description: string): Schema => text(`${description}, ISO 8601`, 40)

/** `ms`: Unix milliseconds. */
export const isoOf = (ms: number): string => new Date(ms).toISOString()
