/**
 * Counts the words of the body: TypeScript for WebAssembly (AssemblyScript), as a WASI command.
 * npx asc index.as.ts --outFile module.wasm -O3z --runtime stub --use abort=
 */

@external('wasi_snapshot_preview1', 'fd_read')
declare function fd_read(fd: i32, iovs: usize, count: i32, read: usize): i32
@external('wasi_snapshot_preview1', 'fd_write')
declare function fd_write(fd: i32, iovs: usize, count: i32, written: usize): i32

const chunkBytes: i32 = 64 * 1024

function readAll(): string {
  const vector = heap.alloc(8)
  const count = heap.alloc(4)
  const buffer = heap.alloc(chunkBytes)
  store<usize>(vector, buffer)
  store<i32>(vector, chunkBytes, 4)
  const parts = new Array<string>()
  while (fd_read(0, vector, 1, count) == 0) {
    const length = load<i32>(count)
    if (length == 0) break
    parts.push(String.UTF8.decodeUnsafe(buffer, length))
  }
  return parts.join('')
}

function write(text: string): void {
  const bytes = String.UTF8.encode(text)
  const vector = heap.alloc(8)
  store<usize>(vector, changetype<usize>(bytes))
  store<i32>(vector, bytes.byteLength, 4)
  fd_write(1, vector, 1, heap.alloc(4))
}

/** The text of `"body":"…"` in the request, quotes and line breaks unescaped. */
function bodyOf(request: string): string {
  const at = request.indexOf('"body":"')
  if (at < 0) return ''
  let text = ''
  for (let i = at + 8; i < request.length; i++) {
    const char = request.charAt(i)
    if (char == '"') break
    if (char != '\\') text += char
    else {
      i++
      const next = request.charAt(i)
      text += next == 'n' || next == 't' || next == 'r' ? ' ' : next
    }
  }
  return text
}

export function _start(): void {
  const words = bodyOf(readAll())
    .split(' ')
    .filter((word) => word.length > 0).length
  write('{"status":200,"body":{"words":' + words.toString() + '}}')
}
