import type { CatalogueArea } from './entry.js';

/** One fault of a spec file, `line` and `column` counted from 1. */
export interface SpecProblem {
  readonly rule: string;
  readonly message: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Faults of an archive, its manifest and its spec. The data that each carries, by code. */
export interface ArchiveErrors {
  archiveUnreadable: { reason: string };
  archiveEntryRefused: { entry: string; reason: string };
  archiveLimitExceeded: { limit: string; allowed: number };
  manifestMissing: Record<never, never>;
  manifestMalformed: { reason: string };
  manifestWithoutWorkflow: Record<never, never>;
  workflowNameMissing: Record<never, never>;
  archiverVersionMissing: Record<never, never>;
  createdOnMissing: Record<never, never>;
  manifestFieldInvalid: { field: string; reason: string };
  specFileUndefined: Record<never, never>;
  specFileMissing: { file: string };
  workflowNameInvalid: { name: string; rule: string };
  specInvalid: { problems: readonly SpecProblem[] };
  dagInvalid: { reason: string; detail: string };
}

const describeProblem = (p: SpecProblem): string => `${p.file}:${p.line}:${p.column}: ${p.message}`;

export const archiveErrors: CatalogueArea<ArchiveErrors> = {
  archiveUnreadable: {
    type: 'InvalidWorkflowException',
    status: 400,
    message: (d) => `The archive cannot be read: ${d.reason}`,
  },
  archiveEntryRefused: {
    type: 'InvalidWorkflowException',
    status: 400,
    message: (d) => `The archive is refused because of its entry "${d.entry}": ${d.reason}`,
    shows: ['entry'],
  },
  archiveLimitExceeded: {
    type: 'InvalidWorkflowException',
    status: 400,
    message: (d) => `The archive is refused: more than ${d.allowed} ${d.limit}.`,
  },
  manifestMissing: {
    type: 'InvalidWorkflowException',
    status: 400,
    message: () => 'The archive has no WAR-INF/MANIFEST.json. Pack it with "torchweave war create".',
  },
  manifestMalformed: {
    type: 'InvalidWorkflowException',
    status: 400,
    message: (d) => `WAR-INF/MANIFEST.json cannot be read: ${d.reason}`,
  },
  manifestWithoutWorkflow: {
    type: 'InvalidWorkflowException',
    status: 400,
    message: () => 'Missing Workflow entry in manifest file.',
  },
  workflowNameMissing: {
    type: 'InvalidWorkflowException',
    status: 400,
    message: () => 'Workflow name is not defined.',
  },
  archiverVersionMissing: {
    type: 'InvalidWorkflowException',
    status: 400,
    message: () => 'Workflow archive version is not defined.',
  },
  createdOnMissing: {
    type: 'InvalidWorkflowException',
    status: 400,
    message: () => 'Workflow archive createdOn is not defined.',
  },
  manifestFieldInvalid: {
    type: 'InvalidWorkflowException',
    status: 400,
    message: (d) => `WAR-INF/MANIFEST.json: ${d.field} ${d.reason}.`,
  },
  specFileUndefined: {
    type: 'InvalidWorkflowException',
    status: 400,
    message: () => 'WAR-INF/MANIFEST.json names no workflow.specFile.',
  },
  specFileMissing: {
    type: 'InvalidWorkflowException',
    status: 400,
    message: (d) => `The spec file ${d.file}, named in WAR-INF/MANIFEST.json, is not in the archive.`,
  },
  workflowNameInvalid: {
    type: 'InvalidWorkflowException',
    status: 400,
    message: (d) => `The workflow name "${d.name}" is not valid: ${d.rule}.`,
  },
  specInvalid: {
    type: 'InvalidWorkflowException',
    status: 400,
    message: (d) => d.problems.map(describeProblem).join(' '),
    shows: ['problems'],
  },
  dagInvalid: {
    type: 'InvalidDAGException',
    status: 400,
    message: (d) => d.reason,
    shows: ['detail'],
  },
};
