/** A function's sources as a form, as the Supabase CLI reads them: `metadata`, then each file with its path. */
import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { HttpRequest, HttpResponse } from '#base/http'
import type { DeployedFunction } from '#services/functions/registry'
import { folderInArtifact } from './describe.ts'
import { managementErrors } from './errors.ts'
import type { Management } from './management.ts'

export async function downloadSources(
  { artifacts, registry }: Management,
  request: HttpRequest,
  slug: string,
): Promise<HttpResponse> {
  // who asks for nothing else would take it for a bundle
  if (!(request.headers['accept'] ?? '').includes('multipart/form-data'))
    throw managementErrors.function_body_form_only()
  const deployed = await registry.find(slug)
  const folder = await artifacts.open(deployed)
  if (folder === null) throw managementErrors.function_bytes_gone({ slug })
  const source = join(folder, folderInArtifact)
  const paths = await filesBelow(source)
  const boundary = `basalt-${deployed.sha256}`
  return {
    status: 200,
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: formOf(deployed, source, paths, boundary),
  }
}

async function filesBelow(source: string): Promise<string[]> {
  const paths: string[] = []
  const folders = ['']
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop())
    for (const entry of await readdir(join(source, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) folders.push(path)
      else if (entry.isFile()) paths.push(path)
    }
  return paths.toSorted()
}

async function* formOf(
  { entrypoint }: DeployedFunction,
  source: string,
  paths: readonly string[],
  boundary: string,
): AsyncIterable<Uint8Array> {
  const metadata = { deno2_entrypoint_path: `${folderInArtifact}/${entrypoint}` }
  yield Buffer.from(
    `--${boundary}\r\ncontent-disposition: form-data; name="metadata"\r\ncontent-type: application/json\r\n\r\n${JSON.stringify(metadata)}\r\n`,
  )
  for (const path of paths) {
    // control characters are in no path; quotes were refused
    yield Buffer.from(
      `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${folderInArtifact}/${path}"\r\ncontent-type: application/octet-stream\r\n\r\n`,
    )
    for await (const chunk of createReadStream(join(source, path))) yield chunk as Uint8Array
    yield Buffer.from('\r\n')
  }
  yield Buffer.from(`--${boundary}--\r\n`)
}
