import { createRoot } from 'react-dom/client';
import { App } from './app.js';
import { ErrorBoundary } from './frame/error-boundary.js';
import { applyLook } from './frame/look.js';
import './styles/tokens.css';
import './styles/base.css';
import './styles/frame.css';
import './styles/blocks.css';
import './styles/tables.css';
import './styles/workflow.css';
import './styles/operations.css';

applyLook();
const root = document.getElementById('root');
if (root !== null)
  createRoot(root).render(
    <ErrorBoundary>
      <App />
    </ErrorBoundary>,
  );
