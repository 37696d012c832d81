import { FakeVendor } from '../fake-vendor.js';
import { appRoutes } from './app-routes.js';
import { groupRoutes } from './group-routes.js';
import { objectRoutes } from './object-routes.js';
import { failure } from './odata.js';
import { roleRoutes } from './role-routes.js';
import { SignIn } from './sign-in.js';
import { Directory } from './state.js';

/** Everything that the routes of the interface work on. */
export interface Entra {
  readonly vendor: FakeVendor;
  readonly directory: Directory;
  readonly signIn: SignIn;
}

/** Microsoft Entra ID: sign-in and Microsoft Graph on one loopback port. */
export async function startEntra(): Promise<Entra> {
  const directory = new Directory();
  const signIn = new SignIn(directory);
  const vendor = await FakeVendor.start({
    vendor: 'msgraph',
    notFound: ({ path }) => failure(400, 'BadRequest', `Resource not found for the segment '${path.split('/').at(-1)}'.`),
    authorize: (call) => signIn.authorize(call),
    refusals: {
      // https://learn.microsoft.com/graph/throttling
      'rate limit': failure(429, 'TooManyRequests', 'Too many requests.', { 'retry-after': '1' }),
      'server error': failure(500, 'InternalServerError', 'An internal server error occurred.'),
      unavailable: failure(503, 'ServiceNotAvailable', 'The service is temporarily unavailable.'),
      'expired token': failure(401, 'InvalidAuthenticationToken', 'Lifetime validation failed, the token is expired.'),
    },
  });
  const entra = { vendor, directory, signIn };
  signIn.serve(vendor);
  objectRoutes(entra);
  groupRoutes(entra);
  roleRoutes(entra);
  appRoutes(entra);
  return entra;
}
