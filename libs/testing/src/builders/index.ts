export { tarGzOf, tarGzOfEntries, zipOf, type Files, type TarEntry } from './archives.js';
export { idleHandlers } from './idle-handlers.js';
export { modelFiles, type ModelParts } from './model.js';
export { rawZip, type RawZipEntry } from './raw-zip.js';
export { manifestText, specText, workflowFiles, type WorkflowParts } from './workflow.js';
