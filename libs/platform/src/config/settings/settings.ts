import type { z } from 'zod';
import { accessSettings } from './access-settings.js';
import { addressSettings } from './address-settings.js';
import { exchangeSettings } from './exchange-settings.js';
import { keepingSettings } from './keeping-settings.js';
import { loggingSettings } from './logging-settings.js';
import { modelSettings } from './model-settings.js';
import { operationSettings } from './operation-settings.js';
import { processSettings } from './process-settings.js';
import { requestSettings } from './request-settings.js';
import { stateSettings } from './state-settings.js';
import { tracingSettings } from './tracing-settings.js';

/** Every setting of Torchweave, in the order in which help tells them. */
export const settings = {
  ...addressSettings,
  ...modelSettings,
  ...stateSettings,
  ...processSettings,
  ...exchangeSettings,
  ...accessSettings,
  ...requestSettings,
  ...operationSettings,
  ...keepingSettings,
  ...loggingSettings,
  ...tracingSettings,
};

export type SettingName = keyof typeof settings;

/** All settings, checked. */
export type Settings = { readonly [Name in SettingName]: z.infer<(typeof settings)[Name]['schema']> };
