/** A real git server: repositories in a folder, served over HTTP by `git http-backend`. */
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** @returns {Promise<{ url: string, host: string, root: string, create(name: string): ReturnType<typeof createRepository>, close(): Promise<void> }>} */
export async function startGitServer() {
  const root = mkdtempSync(join(tmpdir(), 'basalt-git-'))
  const server = createServer((request, response) => serve(root, request, response))
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${server.address().port}`
  const url = `http://${host}`
  return {
    url,
    host,
    root,
    create: (name) => createRepository(root, url, name),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      rmSync(root, { recursive: true, force: true })
    },
  }
}

function git(directory, args, input) {
  return execFileSync('git', args, {
    cwd: directory,
    input,
    encoding: 'utf8',
    maxBuffer: 1e9,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOME: directory,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'Ann',
      GIT_AUTHOR_EMAIL: 'ann@example.com',
      GIT_COMMITTER_NAME: 'Ann',
      GIT_COMMITTER_EMAIL: 'ann@example.com',
    },
  }).trim()
}

/** A bare repository and a work tree beside it, whose pushes go there. */
function createRepository(root, url, name) {
  const bare = join(root, `${name}.git`)
  const tree = join(root, `${name}-tree`)
  mkdirSync(bare, { recursive: true })
  mkdirSync(tree, { recursive: true })
  git(bare, ['init', '--quiet', '--bare', '-b', 'main'])
  git(bare, ['config', 'uploadpack.allowFilter', 'true'])
  git(bare, ['config', 'http.receivepack', 'true'])
  git(tree, ['init', '--quiet', '-b', 'main'])
  // of 22 MB of noise git would look for likenesses for ten seconds
  for (const directory of [bare, tree]) git(directory, ['config', 'pack.window', '0'])
  git(tree, ['remote', 'add', 'origin', `${url}/${name}.git`])
  return {
    url: `${url}/${name}.git`,
    bare,
    tree,
    git: (...args) => git(tree, args),
    input: (input, ...args) => git(tree, args, input),
    /** Writes files (null: removes), commits; resolves to the commit's name. */
    commit(files, message = 'change') {
      for (const [path, text] of Object.entries(files)) {
        const file = join(tree, path)
        mkdirSync(dirname(file), { recursive: true })
        if (text === null) rmSync(file)
        else writeFileSync(file, text)
      }
      git(tree, ['add', '-A'])
      git(tree, ['commit', '--quiet', '--allow-empty', '-m', message])
      return git(tree, ['rev-parse', 'HEAD'])
    },
    /** Over HTTP, as anybody would; the server runs in this process. */
    push: (...args) =>
      new Promise((resolve, reject) => {
        const child = spawn('git', ['push', '--quiet', ...args, 'origin', 'HEAD:main'], {
          cwd: tree,
          stdio: 'ignore',
          env: { PATH: process.env.PATH, HOME: tree, GIT_TERMINAL_PROMPT: '0' },
        })
        child.once('exit', (code) =>
          code === 0 ? resolve() : reject(new Error(`git push ended with ${code}`)),
        )
      }),
  }
}

function serve(root, request, response) {
  const url = new URL(request.url, 'http://localhost')
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: request.headers['git-protocol'] ?? '',
      REMOTE_USER: 'ann',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  child.stdin.on('error', () => {})
  request.pipe(child.stdin)
  let head = Buffer.alloc(0)
  const readHead = (part) => {
    head = Buffer.concat([head, part])
    const end = head.indexOf('\r\n\r\n')
    if (end < 0) return
    child.stdout.off('data', readHead)
    const lines = head.subarray(0, end).toString('latin1').split('\r\n')
    const headers = lines.map((line) => line.split(/: (.*)/s).slice(0, 2))
    const status = headers.find(([name]) => name.toLowerCase() === 'status')
    for (const [name, value] of headers) if (name !== 'Status') response.setHeader(name, value)
    response.writeHead(status === undefined ? 200 : Number.parseInt(status[1], 10))
    response.write(head.subarray(end + 4))
    child.stdout.pipe(response)
  }
  child.stdout.on('data', readHead)
  child.once('close', () => response.end())
  // who has gone reads no more: what git still says would keep it, and this process
  response.once('close', () => child.stdout.destroy())
}
