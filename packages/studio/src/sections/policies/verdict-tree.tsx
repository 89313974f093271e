/** What each policy said of one row, down to the part that was not true. */
import { Check, CircleSlash, X } from 'lucide-react'
import type { ReactElement } from 'react'
import { Badge } from '#studio/ui'
import type { Tree, TriedRow, Verdict } from './explained.ts'

export function Verdicts({ row }: { readonly row: TriedRow }): ReactElement {
  // a policy for all commands is asked once for each of them: said once
  const said = [...new Map(row.by.map((it) => [`${it.policy} ${it.on}`, it])).values()]
  return (
    <section className="stack tight" aria-label="Verdicts">
      <h3>
        {row.key.length === 0 ? 'The new row' : `Row ${row.key.join(', ')}`}: {row.reason}
      </h3>
      {said.map((verdict) => (
        <PolicyVerdict
          key={`${verdict.policy} ${verdict.on}`}
          verdict={verdict}
          isCause={row.refused_by?.policy === verdict.policy && verdict.value !== true}
        />
      ))}
    </section>
  )
}

function PolicyVerdict({
  verdict: { policy, permissive, command, on, value, tree },
  isCause,
}: {
  readonly verdict: Verdict
  readonly isCause: boolean
}): ReactElement {
  return (
    <div className="card" data-policy={policy}>
      <header>
        <Truth value={value} />
        <h3 className="policy-name">{policy}</h3>
        <Badge>{permissive ? 'permissive' : 'restrictive'}</Badge>
        <Badge>{command.toLowerCase()}</Badge>
        <span className="muted small">asked of the {on}</span>
        {isCause && <Badge kind="danger">refused it</Badge>}
      </header>
      <div className="body verdict-tree">
        <ul>
          <TreeNode node={tree} />
        </ul>
      </div>
    </div>
  )
}

function TreeNode({ node }: { readonly node: Tree }): ReactElement {
  return (
    <li data-value={String(node.value)}>
      <div className="row">
        <Truth value={node.value} />
        {node.op === 'leaf' ? (
          <code>{node.expression}</code>
        ) : (
          <strong>{node.op.toUpperCase()}</strong>
        )}
      </div>
      {node.error !== null && <p className="muted small">{node.error}</p>}
      {node.children.length > 0 && (
        <ul>
          {node.children.map((child, at) => (
            // oxlint-disable-next-line no-array-index-key
            <TreeNode key={at} node={child} />
          ))}
        </ul>
      )}
    </li>
  )
}

const icons = { true: Check, false: X, null: CircleSlash }

function Truth({ value }: { readonly value: boolean | null }): ReactElement {
  const word = String(value) as keyof typeof icons
  const Icon = icons[word]
  return (
    <span className={`truth ${word}`}>
      <Icon size={13} aria-hidden /> {word}
    </span>
  )
}
