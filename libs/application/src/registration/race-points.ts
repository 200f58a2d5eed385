/** The moments between two steps at which tests stop or kill a worker. */
export const racePointNames = [
  'archive-fetched',
  'archive-read',
  'name-reserved',
  'nodes-registered',
  'committed',
  'undo-begun',
  'removal-begun',
  'models-removed',
] as const;

export type RacePointName = (typeof racePointNames)[number];

/** Called when a job passes a named moment. In production nothing happens there. */
export interface RacePoints {
  reach(name: RacePointName): Promise<void>;
}

export const noRacePoints: RacePoints = { reach: () => Promise.resolve() };
