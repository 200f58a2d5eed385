import { sharedAddress, type ExaminedSettings } from '@torchweave/platform';
import { settingRemarks } from '../prepare-app.js';
import { failure, modelServerFaults, warning, type Finding } from '@torchweave/composition';

const subject = 'settings';

/** What is wrong with the settings themselves: every bad value, addresses that collide, and keys that are not followed. */
export function checkSettings(examined: ExaminedSettings): Finding[] {
  const shared = sharedAddress(examined.settings);
  return [
    ...[...examined.faults, ...modelServerFaults(examined.settings)].map(({ message }) =>
      failure(subject, message, 'Correct it; what follows is checked with its default.'),
    ),
    ...(shared === undefined ? [] : [failure(subject, shared.message, 'Only "torchweave start" needs that.')]),
    ...settingRemarks(examined).map((remark) =>
      warning(subject, `${remark}.`, 'Nothing to do where that is what you want.'),
    ),
  ];
}
