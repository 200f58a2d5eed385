/** Called when an operation passes a moment at which tests stop or kill a worker. In production nothing happens there. */
export interface RacePoints {
  /** @param name one of {@link racePointsOf} of the operation's saga. */
  reach(name: string): Promise<void>;
}

export const noRacePoints: RacePoints = { reach: () => Promise.resolve() };
