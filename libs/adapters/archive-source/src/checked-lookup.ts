import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';

/** Thrown inside a look-up, to be told apart from a connection that fails. */
export class AddressRefusedError extends Error {
  override readonly name = 'AddressRefusedError';

  constructor(readonly host: string) {
    super(`${host} leads to an address that is not public`);
  }
}

function addressesOf(found: string | LookupAddress[], family: number | undefined): LookupAddress[] {
  return typeof found === 'string' ? [{ address: found, family: family ?? 4 }] : found;
}

/**
 * A look-up that fails when any address of the host is refused. The connection goes to one of the addresses that were
 * checked: there is no second look-up that could answer otherwise.
 */
export function checkedLookup(lookup: LookupFunction, isAllowed: (address: string) => boolean): LookupFunction {
  return (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, found, family) => {
      if (error !== null) {
        callback(error, '', 0);
        return;
      }
      const addresses = addressesOf(found, family);
      const [first] = addresses;
      if (first === undefined || !addresses.every(({ address }) => isAllowed(address))) {
        callback(new AddressRefusedError(host), '', 0);
      } else if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}
