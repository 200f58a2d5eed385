import { noRacePoints, type Logger, type RacePoints } from '@torchweave/application';

/** For tests of crash safety: a worker that stands still at the named moment until it is killed. */
export function racePointsFor(name: string | undefined, logger: Logger): RacePoints {
  if (name === undefined) return noRacePoints;
  return {
    reach: (reached) => {
      if (reached !== name) return Promise.resolve();
      logger.warn({ racePoint: reached }, 'race point reached');
      return new Promise(() => undefined);
    },
  };
}
