import { Component, type ReactNode } from 'react';

interface Props {
  readonly children: ReactNode;
  /** Where this is: at another place it is tried again. */
  readonly place?: string;
}

/** Where what is inside breaks, says so in its place and leaves the rest as it is; without it nothing at all would be shown. */
export class ErrorBoundary extends Component<Props, { readonly error?: Error | undefined }> {
  override state: { readonly error?: Error | undefined } = {};

  static getDerivedStateFromError(error: Error): { readonly error: Error } {
    return { error };
  }

  override componentDidCatch(error: Error): void {
    // As an error that nobody catches: the browser's console, and whoever listens there, is told.
    reportError(error);
  }

  override componentDidUpdate(before: Props): void {
    if (before.place !== this.props.place && this.state.error !== undefined) this.setState({ error: undefined });
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return (
      <div className="empty" role="alert">
        <h2>This part of the page is broken</h2>
        <p>
          That is a fault of the page, not of what it shows. Load it anew; when it happens again, report it with these
          words and the version below.
        </p>
        <pre className="error-text">{String(error)}</pre>
        <button type="button" onClick={() => location.reload()}>
          Load it anew
        </button>
      </div>
    );
  }
}
