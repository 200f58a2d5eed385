import { expect, it } from 'vitest';

import { headerValue } from './header-value.js';

it('lets no line break and no letter beyond Latin-1 into a header', () => {
  expect(headerValue('text/plain; name="é日"\r\nX-Smuggled: 1')).toBe('text/plain; name="é?"??X-Smuggled: 1');
});
