/** Deploys a function from files of this machine. */
import { FolderOpen } from 'lucide-react'
import { useRef, useState } from 'react'
import type { ReactElement } from 'react'
import { ApiError, callRaw, projectPath, useForget } from '#studio/api'
import { usePlace } from '#studio/place'
import {
  Button,
  Check,
  ErrorNotice,
  Progress,
  SelectField,
  Sheet,
  TextField,
  bytes,
  plural,
  toast,
} from '#studio/ui'
import {
  chosenFiles,
  entrypointsOf,
  folderOf,
  importMapsOf,
  isSlug,
  slugOf,
} from './deploy-files.ts'
import type { ChosenFile } from './deploy-files.ts'

interface Plan {
  readonly slug: string
  readonly entrypoint: string
  readonly importMap: string
  readonly verifyJwt: boolean
}

export function DeploySheet({
  projectRef,
  slug: given,
  onClose,
}: {
  readonly projectRef: string
  /** Of a function there is; else empty. */
  readonly slug: string
  readonly onClose: () => void
}): ReactElement {
  const { go } = usePlace()
  const forget = useForget(projectRef)
  const [files, setFiles] = useState<readonly ChosenFile[]>([])
  const [plan, setPlan] = useState<Plan>({
    slug: given,
    entrypoint: '',
    importMap: '',
    verifyJwt: true,
  })
  const [said, setSaid] = useState<readonly string[]>([])
  const [error, setError] = useState<unknown>(null)
  const [running, setRunning] = useState<AbortController | null>(null)
  const choose = (list: FileList | null): void => {
    if (list === null || list.length === 0) return
    const chosen = chosenFiles(list, given)
    const entrypoint = entrypointsOf(chosen)[0] ?? chosen[0]?.path ?? ''
    const beside = importMapsOf(chosen).find((path) => folderOf(path) === folderOf(entrypoint))
    setFiles(chosen)
    setError(null)
    setPlan((now) => ({
      ...now,
      slug: given || slugOf(entrypoint) || now.slug,
      entrypoint,
      importMap: beside ?? '',
    }))
  }
  const deploy = async (): Promise<void> => {
    const stopper = new AbortController()
    setRunning(stopper)
    setError(null)
    setSaid([])
    try {
      const version = await send(projectRef, plan, files, stopper.signal, (line) =>
        setSaid((now) => [...now, line]),
      )
      toast(`${plan.slug} deployed, version ${version}`)
      await forget('functions')
      go({ path: [plan.slug], search: { tab: 'versions' } })
    } catch (caught) {
      if (!stopper.signal.aborted) setError(caught)
    } finally {
      setRunning(null)
    }
  }
  const isReady = files.length > 0 && isSlug(plan.slug) && plan.entrypoint !== ''
  return (
    <Sheet
      open
      title={given === '' ? 'Deploy a function' : `Deploy ${given}`}
      dirty={files.length > 0 && running === null}
      onClose={() => {
        running?.abort()
        onClose()
      }}
      onSubmit={() => (isReady && running === null ? void deploy() : undefined)}
      foot={
        running === null ? (
          <>
            <Button onClick={onClose}>Cancel</Button>
            <Button kind="primary" type="submit" disabled={!isReady}>
              Deploy {plan.slug}
            </Button>
          </>
        ) : (
          <Button onClick={() => running.abort()}>Stop</Button>
        )
      }
    >
      <Chooser onChoose={choose} />
      {files.length > 0 && (
        <PlanFields files={files} plan={plan} onChange={setPlan} isNamed={given !== ''} />
      )}
      {running !== null && (
        <div className="stack tight" role="status">
          <Progress done={null} label="Deploying" />
          {said.map((line) => (
            <span key={line} className="muted small">
              {line}
            </span>
          ))}
        </div>
      )}
      {error !== null && <ErrorNotice title="Not deployed" error={error} />}
    </Sheet>
  )
}

function Chooser({
  onChoose,
}: {
  readonly onChoose: (files: FileList | null) => void
}): ReactElement {
  const folder = useRef<HTMLInputElement>(null)
  const single = useRef<HTMLInputElement>(null)
  return (
    <div className="stack tight">
      <p className="muted">
        Choose the folder of the function, or the folder of all of them where it imports from
        _shared. .env files and node_modules are left out.
      </p>
      <div className="row wrap">
        <Button onClick={() => folder.current?.click()}>
          <FolderOpen size={14} aria-hidden /> Choose a folder
        </Button>
        <Button onClick={() => single.current?.click()}>Choose files</Button>
      </div>
      <input
        ref={folder}
        type="file"
        hidden
        multiple
        aria-label="Folder of the function"
        {...{ webkitdirectory: '' }}
        onChange={(event) => onChoose(event.target.files)}
      />
      <input
        ref={single}
        type="file"
        hidden
        multiple
        aria-label="Files of the function"
        onChange={(event) => onChoose(event.target.files)}
      />
    </div>
  )
}

function PlanFields({
  files,
  plan,
  onChange,
  isNamed,
}: {
  readonly files: readonly ChosenFile[]
  readonly plan: Plan
  readonly onChange: (plan: Plan) => void
  readonly isNamed: boolean
}): ReactElement {
  const size = files.reduce((all, { file }) => all + file.size, 0)
  const entrypoints = entrypointsOf(files)
  return (
    <>
      <TextField
        label="Name"
        mono
        disabled={isNamed}
        value={plan.slug}
        problem={
          plan.slug === '' || isSlug(plan.slug) ? null : 'Letters, digits, _ and -, a letter first'
        }
        onChange={(event) => onChange({ ...plan, slug: event.target.value })}
      />
      <SelectField
        label="Entrypoint"
        value={plan.entrypoint}
        options={entrypoints.length > 0 ? entrypoints : files.map(({ path }) => path)}
        onChange={({ target: { value } }) =>
          onChange({
            ...plan,
            entrypoint: value,
            slug: isNamed ? plan.slug : slugOf(value) || plan.slug,
          })
        }
      />
      <SelectField
        label="Import map"
        value={plan.importMap}
        options={[{ value: '', label: 'None' }, ...importMapsOf(files)]}
        onChange={(event) => onChange({ ...plan, importMap: event.target.value })}
      />
      <Check
        label="Callers need a token of the project"
        checked={plan.verifyJwt}
        onChange={(event) => onChange({ ...plan, verifyJwt: event.target.checked })}
      />
      <details>
        <summary>
          {plural(files.length, 'file')}, {bytes(size)}
        </summary>
        <ul className="mono small">
          {files.slice(0, 200).map(({ path }) => (
            <li key={path}>{path}</li>
          ))}
          {files.length > 200 && <li>and {files.length - 200} more</li>}
        </ul>
      </details>
    </>
  )
}

interface Line {
  readonly progress?: string
  readonly error?: object
  readonly function?: { readonly version: number }
}

/** The form that `basalt functions deploy` sends; its progress comes as lines. @throws ApiError */
async function send(
  ref: string,
  { slug, entrypoint, importMap, verifyJwt }: Plan,
  files: readonly ChosenFile[],
  signal: AbortSignal,
  onProgress: (line: string) => void,
): Promise<number> {
  const form = new FormData()
  const metadata = {
    name: slug,
    entrypoint_path: entrypoint,
    ...(importMap === '' ? {} : { import_map_path: importMap }),
    verify_jwt: verifyJwt,
    static_patterns: [],
  }
  form.append('metadata', JSON.stringify(metadata))
  for (const { path, file } of files) form.append('file', file, path)
  const packed = new Response(form)
  const response = await callRaw('POST', projectPath(ref, 'functions/deploy'), {
    query: { slug },
    contentType: packed.headers.get('content-type') ?? '',
    body: await packed.blob(),
    headers: { accept: 'application/x-ndjson' },
    signal,
  })
  const requestId = response.headers.get('x-request-id')
  for await (const line of linesOf(response)) {
    if (line.progress !== undefined) onProgress(line.progress)
    if (line.error !== undefined) throw new ApiError(400, line.error, requestId)
    if (line.function !== undefined) return line.function.version
  }
  throw new Error('The connection broke off before the server was done. Deploy it again.')
}

async function* linesOf(response: Response): AsyncGenerator<Line> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  while (reader !== undefined) {
    const { done, value = '' } = await reader.read()
    const lines = (rest + value).split('\n')
    rest = done ? '' : (lines.pop() ?? '')
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as Line
    if (done) return
  }
}
