/** Bytes as a file of the browser's downloads, under a name that means no path and hides nothing. */
export function saveFile(parts: readonly BlobPart[], name: string, type: string): void {
  const url = URL.createObjectURL(new Blob([...parts], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name.replace(/[\p{Cc}\p{Cf}/\\:*?"<>|]/gu, '_')
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
