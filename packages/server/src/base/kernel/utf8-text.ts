/** Text that stays the bytes it arrived as: a large one is neither decoded nor encoded again. */

/** Not checked to be UTF-8: who receives it does. */
export class Utf8Text {
  readonly bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  /** For messages and tests; decodes it. */
  toString(): string {
    return new TextDecoder().decode(this.bytes)
  }
}
