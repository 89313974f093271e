/** One section that fails takes nothing else with it. */
import { Component } from 'react'
import type { ReactNode } from 'react'
import { ErrorNotice } from '#studio/ui'

interface State {
  readonly error: unknown
}

export class SectionBoundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { error: null }

  static getDerivedStateFromError(error: unknown): State {
    return { error }
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children
    return (
      <div className="page-body">
        <ErrorNotice
          title="This view failed"
          error={this.state.error}
          onRetry={() => this.setState({ error: null })}
        />
      </div>
    )
  }
}
