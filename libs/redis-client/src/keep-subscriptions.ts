import type { Redis } from 'ioredis';

/**
 * Subscribes a connection again whenever it has come back, to all that was ever asked of it. ioredis does so without looking whether it
 * goes well: a connection that is lost meanwhile would end the process, and listen to nothing when it is back.
 *
 * @param client made with `autoResubscribe: false`; its channels are given one by one.
 */
export function keepSubscriptions(client: Redis): void {
  const wanted = new Set<string>();
  const subscribe = client.subscribe.bind(client) as (...channels: string[]) => Promise<unknown>;
  client.subscribe = ((...channels: string[]) => {
    for (const channel of channels) wanted.add(channel);
    return subscribe(...channels);
  }) as Redis['subscribe'];
  client.on('ready', () => {
    if (wanted.size === 0) return;
    // One that cannot listen is no use; the next one may.
    subscribe(...wanted).catch(() => client.disconnect(true));
  });
}
