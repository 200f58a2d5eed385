import { TorchweaveError } from '@torchweave/domain';
import { codeOf } from '@torchweave/kernel';
import type { ListenAddress } from '../config/listen-address.js';

/**
 * Listens, and tells a taken port in a sentence.
 *
 * @param setting the flag that chooses another port.
 * @throws TorchweaveError `addressTaken`.
 */
export async function listenOn<T>(
  address: ListenAddress,
  setting: string,
  listen: (address: ListenAddress) => Promise<T>,
): Promise<T> {
  try {
    return await listen(address);
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE') throw error;
    throw new TorchweaveError('addressTaken', { ...address, setting }, { cause: error });
  }
}
