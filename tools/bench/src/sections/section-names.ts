/** The sections in the order in which they run: what overloads TorchServe comes last, for it does not recover fully. */
export const sectionNames = [
  'chain',
  'diamond',
  'functions',
  'bodies',
  'models',
  'registration',
  'enqueue',
  'memory',
  'catalogue',
  'soak',
  'overload',
] as const;

export type SectionName = (typeof sectionNames)[number];
