import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Failure } from '../failure.js';
import { isPublicAddress } from './address.js';

/** How names become addresses, and which of them may be connected to. Tests bring their own. */
export interface Network {
  /** All addresses of a name. */
  resolve(host: string): Promise<string[]>;
  isAllowedAddress(address: string): boolean;
  isAllowedPort(port: number): boolean;
  /** A certificate authority to trust besides the system's. */
  certificateAuthority?: string;
}

export const PUBLIC_NETWORK: Network = {
  resolve: async (host) => (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address),
  isAllowedAddress: isPublicAddress,
  isAllowedPort: (port) => port === 443 || port === 8443,
};

/** An address that was checked, with the one IP address that the connection must use. */
export interface CheckedUrl {
  url: URL;
  address: string;
}

const MAX_URL_CHARACTERS = 2048;
const HTTPS_PORT = 443;
/** Names that only mean something inside a network. */
const PRIVATE_NAMES =
  /(^|\.)(localhost|local|svc|internal|intranet|lan|home|corp|private|arpa|test|example|invalid|onion)$/;

/**
 * Checks a URL's text and every address of its host. Node's URL parser has by then turned each notation of an
 * address (decimal, octal, hexadecimal, short, full-width digits) into the plain one.
 * @throws Failure URL_INVALID, URL_FORBIDDEN, DOWNLOAD_FAILED when the name does not resolve
 */
export async function checkUrl(text: string, network: Network): Promise<CheckedUrl> {
  const url = parseUrl(text);
  const port = url.port === '' ? HTTPS_PORT : Number(url.port);
  if (!network.isAllowedPort(port)) throw forbidden(`Port ${port} is not allowed in an address`);
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const addresses = isIP(host) ? [host] : await resolve(host, network);
  // One closed address among several is enough: a name has no business pointing there.
  if (addresses.length === 0 || !addresses.every((address) => network.isAllowedAddress(address))) {
    throw forbidden('The address leads into a private or reserved network');
  }
  return { url, address: addresses[0] as string };
}

/** @throws Failure URL_INVALID, URL_FORBIDDEN */
export function parseUrl(text: string): URL {
  const trimmed = text.trim();
  if (trimmed.length > MAX_URL_CHARACTERS)
    throw invalid(`The address is longer than ${MAX_URL_CHARACTERS} characters`);
  if (!URL.canParse(trimmed)) throw invalid('This is not a web address');
  const url = new URL(trimmed);
  if (url.protocol !== 'https:') throw forbidden('Only https addresses are fetched');
  if (url.username !== '' || url.password !== '') throw forbidden('The address carries a user name');
  if (url.hostname === '') throw invalid('The address names no host');
  return url;
}

async function resolve(host: string, network: Network): Promise<string[]> {
  if (!host.includes('.') || PRIVATE_NAMES.test(host))
    throw forbidden('The address names a host of a private network');
  try {
    return await network.resolve(host);
  } catch (cause) {
    const message = `The host ${host} was not found. Check the address, or upload the file.`;
    throw new Failure('DOWNLOAD_FAILED', message, { cause });
  }
}

function invalid(what: string): Failure {
  return new Failure(
    'URL_INVALID',
    `${what}. Give one of the form https://host/trailer.mp4, or upload the file.`,
  );
}

function forbidden(what: string): Failure {
  return new Failure('URL_FORBIDDEN', `${what}. Give a public https address, or upload the file.`);
}
