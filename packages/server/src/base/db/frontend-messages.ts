/** Encodes frontend messages (protocol 3.0) into one growing buffer that is flushed as a whole. */
import { Utf8Text } from '#base/kernel'
import type { SqlValue } from '#base/sql'

const initialBytes = 16 * 1024
/** A UTF-16 code unit takes at most three bytes of UTF-8. */
const maxUtf8Bytes = (length: number): number => length * 3

/** Several messages are appended, then `take()` hands over their bytes. Not shared between connections. */
export class FrontendMessages {
  #buffer = Buffer.allocUnsafe(initialBytes)
  #end = 0

  get isEmpty(): boolean {
    return this.#end === 0
  }

  /** The bytes so far; the writer starts afresh. */
  take(): Buffer {
    const bytes = this.#buffer.subarray(0, this.#end)
    // The socket still owns what it was given, so the rest of the buffer is used up before a new one is made.
    this.#buffer =
      this.#buffer.length - this.#end >= initialBytes / 2
        ? this.#buffer.subarray(this.#end)
        : Buffer.allocUnsafe(initialBytes)
    this.#end = 0
    return bytes
  }

  startup(parameters: Readonly<Record<string, string>>): void {
    const start = this.#reserveLength()
    this.#int32(196_608)
    for (const [name, value] of Object.entries(parameters)) {
      this.#cString(name)
      this.#cString(value)
    }
    this.#int8(0)
    this.#closeLength(start)
  }

  sslRequest(): void {
    this.#int32(8)
    this.#int32(80_877_103)
  }

  cancelRequest(processId: number, secretKey: number): void {
    this.#int32(16)
    this.#int32(80_877_102)
    this.#int32(processId)
    this.#int32(secretKey)
  }

  password(password: string): void {
    this.#message(0x70 /* p */, () => this.#cString(password))
  }

  saslInitial(mechanism: string, response: string): void {
    this.#message(0x70 /* p */, () => {
      this.#cString(mechanism)
      this.#value(response)
    })
  }

  saslResponse(response: string): void {
    this.#message(0x70 /* p */, () => this.#string(response))
  }

  query(text: string): void {
    this.#message(0x51 /* Q */, () => this.#cString(text))
  }

  parse(name: string, text: string): void {
    const start = this.#open(0x50 /* P */)
    this.#cString(name)
    this.#cString(text)
    this.#int16(0)
    this.#closeLength(start)
  }

  /** `S` describes a prepared statement, `P` a portal. */
  describe(kind: 'S' | 'P', name: string): void {
    const start = this.#open(0x44 /* D */)
    this.#int8(kind.charCodeAt(0))
    this.#cString(name)
    this.#closeLength(start)
  }

  /** Binds values to the unnamed portal; results are asked for in text format. */
  bind(statement: string, values: readonly SqlValue[]): void {
    const start = this.#open(0x42 /* B */)
    this.#int8(0)
    this.#cString(statement)
    this.#formats(values)
    this.#int16(values.length)
    for (const value of values) this.#value(value)
    this.#int16(0)
    this.#closeLength(start)
  }

  /** At most `maxRows` of the unnamed portal, 0 for all. */
  execute(maxRows = 0): void {
    const start = this.#open(0x45 /* E */)
    this.#int8(0)
    this.#int32(maxRows)
    this.#closeLength(start)
  }

  closeStatement(name: string): void {
    const start = this.#open(0x43 /* C */)
    this.#int8(0x53)
    this.#cString(name)
    this.#closeLength(start)
  }

  sync(): void {
    this.#reserve(5)
    this.#buffer[this.#end++] = 0x53 /* S */
    this.#int32(4)
  }

  copyData(data: Uint8Array): void {
    const start = this.#open(0x64 /* d */)
    this.#reserve(data.length)
    this.#buffer.set(data, this.#end)
    this.#end += data.length
    this.#closeLength(start)
  }

  copyDone(): void {
    this.#message(0x63 /* c */, () => {})
  }

  copyFail(reason: string): void {
    this.#message(0x66 /* f */, () => this.#cString(reason))
  }

  terminate(): void {
    this.#message(0x58 /* X */, () => {})
  }

  #formats(values: readonly SqlValue[]): void {
    if (!values.some((value) => value instanceof Uint8Array)) {
      this.#int16(0)
      return
    }
    this.#int16(values.length)
    for (const value of values) this.#int16(value instanceof Uint8Array ? 1 : 0)
  }

  #value(value: SqlValue): void {
    if (value === null) this.#int32(-1)
    else if (value instanceof Uint8Array) this.#bytes(value)
    else if (value instanceof Utf8Text) this.#bytes(value.bytes)
    else {
      const start = this.#end
      this.#int32(0)
      this.#string(typeof value === 'string' ? value : String(value))
      this.#buffer.writeInt32BE(this.#end - start - 4, start)
    }
  }

  #bytes(value: Uint8Array): void {
    this.#int32(value.length)
    this.#reserve(value.length)
    this.#buffer.set(value, this.#end)
    this.#end += value.length
  }

  #message(type: number, body: () => void): void {
    const start = this.#open(type)
    body()
    this.#closeLength(start)
  }

  #open(type: number): number {
    this.#int8(type)
    return this.#reserveLength()
  }

  #reserveLength(): number {
    const start = this.#end
    this.#int32(0)
    return start
  }

  #closeLength(start: number): void {
    this.#buffer.writeInt32BE(this.#end - start, start)
  }

  #int8(value: number): void {
    this.#reserve(1)
    this.#buffer[this.#end++] = value
  }

  #int16(value: number): void {
    this.#reserve(2)
    this.#end = this.#buffer.writeInt16BE(value, this.#end)
  }

  #int32(value: number): void {
    this.#reserve(4)
    this.#end = this.#buffer.writeInt32BE(value, this.#end)
  }

  #string(text: string): void {
    this.#reserve(maxUtf8Bytes(text.length))
    this.#end += this.#buffer.write(text, this.#end)
  }

  #cString(text: string): void {
    this.#string(text)
    this.#int8(0)
  }

  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#end + bytes))
    this.#buffer.copy(larger, 0, 0, this.#end)
    this.#buffer = larger
  }
}
