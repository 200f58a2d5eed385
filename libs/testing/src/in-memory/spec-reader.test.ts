import { describeSpecReader } from '../port-conformance/spec-reader.js';
import { inMemorySpecReader } from './spec-reader.js';

describeSpecReader('inMemorySpecReader', () => ({ specs: inMemorySpecReader, dispose: () => Promise.resolve() }));
