/** Collects a request's literals while it is parsed, and the text of all the rest: its shape. */
import type { Slot, SlotValue } from './api-request.ts'

export class Literals {
  readonly values: SlotValue[] = []
  shape = ''

  add(value: SlotValue): Slot {
    return this.values.push(value) - 1
  }
}
